package org.memlora

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.memlora.needs.changes
import org.memlora.needs.checkApi

class ApiTest {
    @Test
    fun `the public API is the one that is written down`() = checkApi("core")

    @Test
    fun `what comes, goes and moves to another class is a change`() {
        val one = "public final class A {\n\tpublic fun a ()V\n\tpublic fun b ()V\n}\n\n"
        assertEquals(emptyList<String>(), changes(one, one))
        val other = "public final class A {\n\tpublic fun a ()V\n}\n\npublic final class B {\n\tpublic fun b ()V\n}\n"
        val expected = listOf("- public final class A: public fun b ()V", "+ public final class B {", "+ public final class B: public fun b ()V")
        assertEquals(expected, changes(one, other))
    }
}
