package org.memlora.engine.executorch

import org.junit.jupiter.api.Test
import org.memlora.needs.checkApi

class ApiTest {
    @Test
    fun `the public API is the one that is written down`() = checkApi("executorch")
}
