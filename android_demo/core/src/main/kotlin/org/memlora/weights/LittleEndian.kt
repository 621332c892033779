package org.memlora.weights

import java.nio.ByteBuffer

/** Numbers at any byte of a little-endian buffer; an [IndexOutOfBoundsException] says where one leaves it. */
internal fun ByteBuffer.int32(at: Long): Int = getInt(within(at, 4))

internal fun ByteBuffer.uint32(at: Long): Long = int32(at).toLong() and 0xFFFF_FFFFL

internal fun ByteBuffer.uint16(at: Long): Int = getShort(within(at, 2)).toInt() and 0xFFFF

private fun ByteBuffer.within(at: Long, size: Long): Int {
    if (at < 0 || size > limit() - at) throw IndexOutOfBoundsException("$size bytes at byte $at of ${limit()}")
    return at.toInt()
}
