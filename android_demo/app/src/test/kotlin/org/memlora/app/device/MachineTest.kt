package org.memlora.app.device

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.app.PLENTY
import java.io.File

private const val NEEDED = 400L shl 20

class MachineTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a phone that is big enough may load`() {
        assertNull(PLENTY.refusal(NEEDED))
        assertNull(PLENTY.copy(features = emptySet()).refusal(NEEDED)) // nobody knows: the ABI promises enough
        assertNull(PLENTY.copy(abi = "x86_64", features = setOf("sse4_2")).refusal(NEEDED))
    }

    @Test
    fun `a sentence says what is missing`() {
        refused(PLENTY.copy(abi = "armeabi-v7a"), "wrong processor: expected arm64-v8a or x86_64, got armeabi-v7a")
        refused(PLENTY.copy(features = setOf("fp", "crc32")), "wrong processor: expected one with asimd")
        refused(PLENTY.copy(totalBytes = 256L shl 20), "too little memory: expected a phone with 400 MiB, got 256 MiB")
        refused(PLENTY.copy(freeBytes = 120L shl 20), "too little memory is free: expected 400 MiB, got 120 MiB")
    }

    @Test
    fun `features are those that every core has`() {
        val file = File(folder, "cpuinfo")
        assertEquals(emptySet<String>(), Machine.features(file))
        file.writeText("processor\t: 0\nFeatures\t: fp asimd asimddp\n\nprocessor\t: 1\nFeatures\t: fp asimd i8mm\n")
        assertEquals(setOf("fp", "asimd"), Machine.features(file))
        assertEquals(listOf("asimddp", "i8mm"), PLENTY.fast)
    }

    private fun refused(machine: Machine, sentence: String) {
        val told = machine.refusal(NEEDED)
        assertTrue(told != null && told.startsWith(sentence), told)
    }
}
