package org.memlora.errors

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class MemloraExceptionTest {
    @Test
    fun `the reasons are those of Python`() {
        val words = Reason.entries.map { it.words }
        assertEquals(listOf("malformed bytes", "invalid values", "unlinkable parts"), words)
        assertEquals(Reason.INVALID_VALUES, BundleException("a bundle").reason)
    }
}
