package org.memlora.files

import java.nio.file.Files
import java.nio.file.Path
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.BundleException

class FileBytesTest {
    @Test
    fun `a file is written, hashed, mapped and read`(@TempDir folder: Path) {
        val path = folder.resolve("inner/x.bin")
        writeFileAtomic(path, "abc".toByteArray())
        writeFileAtomic(path, "abc".toByteArray())
        assertEquals("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", sha256File(path))
        assertEquals(sha256File(path), sha256("abc".toByteArray()))
        assertArrayEquals("abc".toByteArray(), readBytes(path, 3))
        assertEquals(0x6261, mapFile(path).getShort(0))
        assertThrows(BundleException::class.java) { readBytes(path, 2) }
        assertEquals(listOf("x.bin"), Files.newDirectoryStream(path.parent).use { all -> all.map { it.fileName.toString() } })
    }

    @Test
    fun `a signature tells that a file was written, replaced or linked`(@TempDir folder: Path) {
        val path = folder.resolve("x.bin")
        Files.write(path, byteArrayOf(1))
        val first = FileSignature.of(path)
        assertEquals(first, FileSignature.of(path))
        assertEquals(FileKind.FILE to 1, first.kind to first.links)
        Files.createLink(folder.resolve("twin"), path)
        assertEquals(2, FileSignature.of(path).links)
        Files.delete(folder.resolve("twin"))
        Files.delete(path)
        Files.write(path, byteArrayOf(1))
        assertNotEquals(first, FileSignature.of(path))
        Files.createSymbolicLink(folder.resolve("link"), path)
        assertEquals(FileKind.LINK, FileSignature.of(folder.resolve("link")).kind)
        assertEquals(FileKind.FOLDER, FileSignature.of(folder).kind)
    }
}
