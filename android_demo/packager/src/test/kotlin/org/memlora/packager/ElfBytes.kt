package org.memlora.packager

import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val HEADER = 64
private const val SEGMENT = 56

/** A shared library of one LOAD and one DYNAMIC segment and nothing else, written from the ELF specification. */
internal fun elf(needed: List<String>, alignment: Long = PAGE_BYTES.toLong(), address: Long = 0): ByteArray {
    val strings = needed.fold("\u0000") { all, name -> "$all$name\u0000" }.toByteArray(Charsets.US_ASCII)
    val dynamic = HEADER + 2 * SEGMENT
    val tags = needed.runningFold(1) { at, name -> at + name.length + 1 }.dropLast(1).map { 1L to it.toLong() }
    val stringsAt = dynamic + (tags.size + 2) * 16
    val size = stringsAt + strings.size
    val file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN)
    file.putInt(0, 0x464c457f).put(4, 2).put(5, 1)
    file.putLong(32, HEADER.toLong()).putShort(54, SEGMENT.toShort()).putShort(56, 2)
    segment(file, HEADER, type = 1, offset = 0, address = address, bytes = size.toLong(), alignment = alignment)
    segment(file, HEADER + SEGMENT, 2, dynamic.toLong(), address + dynamic, (tags.size + 2) * 16L, 8)
    (tags + (5L to address + stringsAt) + (0L to 0L)).forEachIndexed { i, (tag, value) ->
        file.putLong(dynamic + 16 * i, tag).putLong(dynamic + 16 * i + 8, value)
    }
    strings.forEachIndexed { i, byte -> file.put(stringsAt + i, byte) }
    return file.array()
}

private fun segment(file: ByteBuffer, at: Int, type: Int, offset: Long, address: Long, bytes: Long, alignment: Long) {
    file.putInt(at, type).putLong(at + 8, offset).putLong(at + 16, address).putLong(at + 32, bytes).putLong(at + 48, alignment)
}
