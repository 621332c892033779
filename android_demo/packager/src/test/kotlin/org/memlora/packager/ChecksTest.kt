package org.memlora.packager

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

class ChecksTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun `what a library needs is read wherever it is mapped`() {
        for (address in listOf(0L, 0x40000L)) {
            val read = readElf("a.so", elf(listOf("libc.so", "libown.so"), address = address))
            assertEquals(listOf("libc.so", "libown.so"), read.needed)
            assertEquals(listOf(16384L), read.alignments)
        }
    }

    @Test
    fun `small pages, foreign libraries and other files are refused`() {
        refused("aligned to 16384 bytes, got 4096") { checkElf("a.so", readElf("a.so", elf(emptyList(), alignment = 4096)), setOf()) }
        refused("needs libc++_shared.so") { checkElf("a.so", readElf("a.so", elf(listOf("libc++_shared.so"))), setOf("libc.so")) }
        refused("agree by its alignment") { readElf("a.so", elf(emptyList(), address = 4096)) }
        refused("64-bit little-endian ELF") { readElf("a.so", ByteArray(100)) }
        refused("64-bit little-endian ELF") { readElf("a.so", elf(emptyList()).also { it[4] = 1 }) }
        checkElf("a.so", readElf("a.so", elf(listOf("libc.so"))), setOf("libc.so"))
    }

    @Test
    fun `natives lie stored at page boundaries of the file`() {
        val name = "lib/arm64-v8a/a.so"
        refused("lies at ${30 + name.length} of the APK") { checkNatives(zip(name, elf(emptyList()), isStored = true), listOf("arm64-v8a")) }
        refused("is compressed") { checkNatives(zip(name, elf(emptyList()), isStored = false), listOf("arm64-v8a")) }
        refused("no natives for x86_64") { checkNatives(zip("a", ByteArray(0), isStored = true), listOf("x86_64")) }
    }

    @Test
    fun `offsets are where the bytes are`() {
        val zip = zip("some/name", "content".toByteArray(), isStored = true)
        val offset = dataOffsets(zip).getValue("some/name").toInt()
        assertEquals("content", Files.readAllBytes(zip).decodeToString(offset, offset + 7))
    }

    @Test
    fun `options are pairs`() {
        assertEquals(listOf(Path.of("a"), Path.of("b")), Options(listOf("--aars", "a,b")).paths("aars"))
        assertThrows(IllegalArgumentException::class.java) { Options(listOf("--a")) }
        assertThrows(IllegalArgumentException::class.java) { Options(listOf("--a", "b"))["c"] }
    }

    private fun zip(name: String, data: ByteArray, isStored: Boolean): Path {
        val file = folder.resolve("$isStored.zip")
        ZipOutputStream(Files.newOutputStream(file)).use { out ->
            val entry = ZipEntry(name)
            if (isStored) {
                entry.method = ZipEntry.STORED
                entry.size = data.size.toLong()
                entry.crc = CRC32().apply { update(data) }.value
            }
            out.putNextEntry(entry)
            out.write(data)
        }
        return file
    }

    private fun refused(words: String, check: () -> Unit) {
        val error = assertThrows(IllegalStateException::class.java) { check() }
        assertTrue(words in error.message.orEmpty(), error.message)
    }
}
