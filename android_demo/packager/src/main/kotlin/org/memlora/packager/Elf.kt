package org.memlora.packager

import java.nio.ByteBuffer
import java.nio.ByteOrder

/** What a loader reads of a shared library: the alignments of its LOAD segments in bytes, and the libraries it needs. */
internal class Elf(val alignments: List<Long>, val needed: List<String>)

private const val LOAD = 1
private const val DYNAMIC = 2
private const val TAG_NEEDED = 1L
private const val TAG_STRINGS = 5L

private class Segment(val type: Int, val offset: Long, val address: Long, val fileBytes: Long, val alignment: Long)

/** Reads a 64-bit little-endian ELF file, the only kind that 16 KiB pages are about; `IllegalStateException` for another. */
internal fun readElf(name: String, data: ByteArray): Elf {
    val file = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)
    val isElf64 = data.size >= 64 && file.getInt(0) == 0x464c457f && data[4].toInt() == 2 && data[5].toInt() == 1
    check(isElf64) { "$name: expected a 64-bit little-endian ELF file, got another; leave its ABI out" }
    val segments = readSegments(file)
    val loads = segments.filter { it.type == LOAD }
    for (load in loads) {
        check(load.alignment <= 1 || (load.address - load.offset) % load.alignment == 0L) {
            "$name: expected address and offset of a segment to agree by its alignment, got ${load.address} and ${load.offset}"
        }
    }
    val dynamic = checkNotNull(segments.find { it.type == DYNAMIC }) { "$name: expected a dynamic segment, got none" }
    return Elf(loads.map { it.alignment }, readNeeded(file, dynamic, loads))
}

private fun readSegments(file: ByteBuffer): List<Segment> {
    val table = file.getLong(32)
    val size = file.getShort(54).toInt()
    return List(file.getShort(56).toInt()) { i ->
        val at = (table + i * size).toInt()
        Segment(file.getInt(at), file.getLong(at + 8), file.getLong(at + 16), file.getLong(at + 32), file.getLong(at + 48))
    }
}

private fun readNeeded(file: ByteBuffer, dynamic: Segment, loads: List<Segment>): List<String> {
    val tags = (0 until dynamic.fileBytes / 16).map { i ->
        val at = (dynamic.offset + i * 16).toInt()
        file.getLong(at) to file.getLong(at + 8)
    }.takeWhile { (tag, _) -> tag != 0L }
    val names = tags.filter { it.first == TAG_NEEDED }.map { it.second }
    val address = tags.first { it.first == TAG_STRINGS }.second
    val holder = loads.first { address >= it.address && address < it.address + it.fileBytes }
    val strings = address - holder.address + holder.offset
    return names.map { readString(file, (strings + it).toInt()) }
}

private fun readString(file: ByteBuffer, at: Int): String {
    var end = at
    while (file.get(end).toInt() != 0) end++
    return String(file.array(), at, end - at, Charsets.US_ASCII)
}
