package org.memlora.packager

import java.io.RandomAccessFile
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.Path
import java.util.Locale
import java.util.zip.ZipFile

/** What the APK is made of, largest first: bytes in the APK and unpacked, natives one by one. */
internal fun sizeTable(apk: Path): String {
    val rows = sortedMapOf<String, LongArray>()
    ZipFile(apk.toFile()).use { zip ->
        for (entry in zip.entries()) {
            val sum = rows.getOrPut(group(entry.name)) { LongArray(2) }
            sum[0] += entry.compressedSize
            sum[1] += entry.size
        }
    }
    val lines = rows.entries.sortedByDescending { it.value[0] }.map { (name, sum) -> line(name, sum[0], sum[1]) }
    val head = String.format(Locale.ROOT, "%-44s %12s %12s", "part", "in the APK", "unpacked")
    val total = line(apk.fileName.toString(), Files.size(apk), rows.values.sumOf { it[1] })
    return (listOf(head) + lines + total).joinToString("\n")
}

private fun line(name: String, packed: Long, unpacked: Long) = String.format(Locale.ROOT, "%-44s %,12d %,12d", name, packed, unpacked)

private fun group(name: String) = when {
    name.startsWith("lib/") -> name
    name.endsWith(".dex") -> "classes"
    name.startsWith("assets/licences/") -> "licence texts"
    name.startsWith("META-INF/") -> "signature"
    else -> "resources"
}

/** Where each entry's bytes begin in the file, by name. */
internal fun dataOffsets(zip: Path): Map<String, Long> = RandomAccessFile(zip.toFile(), "r").use { file ->
    val end = endRecord(file)
    var at = end.getInt(16).toLong()
    buildMap {
        repeat(end.getShort(10).toInt()) {
            val entry = read(file, at, 46)
            val lengths = IntArray(3) { i -> entry.getShort(28 + 2 * i).toInt() and 0xffff }
            val name = ByteArray(lengths[0]).also { file.seek(at + 46); file.readFully(it) }.decodeToString()
            val local = entry.getInt(42).toLong() and 0xffffffffL
            val header = read(file, local, 30)
            put(name, local + 30 + (header.getShort(26).toInt() and 0xffff) + (header.getShort(28).toInt() and 0xffff))
            at += 46 + lengths.sum()
        }
    }
}

private fun endRecord(file: RandomAccessFile): ByteBuffer {
    val at = file.length() - 22 // nothing here writes a comment
    return read(file, at, 22).also { check(it.getInt(0) == 0x06054b50) { "no end record: expected a zip without a comment" } }
}

private fun read(file: RandomAccessFile, at: Long, bytes: Int): ByteBuffer {
    val data = ByteArray(bytes)
    file.seek(at)
    file.readFully(data)
    return ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)
}
