package org.memlora.coroutines

import org.junit.jupiter.api.Test
import org.memlora.needs.checkApi

class ApiTest {
    @Test
    fun `the public API is the one that is written down`() = checkApi("coroutines")
}
