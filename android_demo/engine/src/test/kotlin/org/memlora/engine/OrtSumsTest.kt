package org.memlora.engine

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import java.io.File

/** What the probe finds, beside what the processor says of itself. */
internal class OrtSumsTest {
    @Test
    fun `sums are exact with VNNI alone where there is AVX2`() {
        val told = File("/proc/cpuinfo")
        assumeTrue(told.isFile, "no /proc/cpuinfo says what the processor has")
        val flags = told.readText().split(Regex("\\s+")).toSet()
        assumeTrue("avx2" in flags, "the processor has no AVX2, whose sums run over")
        assertEquals(flags.any { it == "avx512_vnni" || it == "avx_vnni" }, sumsAreExact)
    }
}
