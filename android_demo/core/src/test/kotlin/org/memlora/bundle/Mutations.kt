package org.memlora.bundle

import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.random.Random

private val NUMBERS = listOf(0L, 1, 2, 127, 128, 255, 256, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, Long.MAX_VALUE, -1)

/** [data] after one to four changes of bytes, numbers or parts. */
fun changed(numbers: Random, data: ByteArray): ByteArray {
    var out = data
    repeat(numbers.nextInt(1, 5)) { out = changedOnce(numbers, out) }
    return out
}

private fun changedOnce(numbers: Random, data: ByteArray): ByteArray {
    if (data.isEmpty()) return numbers.nextBytes(numbers.nextInt(1, 40))
    val at = numbers.nextInt(data.size)
    val end = minOf(data.size, at + numbers.nextInt(1, 64))
    return when (numbers.nextInt(7)) {
        0 -> data.copyOf().also { it[at] = (it[at].toInt() xor (1 shl numbers.nextInt(8))).toByte() }
        1 -> data.copyOf().also { it[at] = numbers.nextInt(256).toByte() }
        2 -> withNumber(numbers, data, at)
        3 -> data.copyOfRange(0, at) + data.copyOfRange(end, data.size)
        4 -> data.copyOfRange(0, at) + data.copyOfRange(at, end) + data.copyOfRange(at, data.size)
        5 -> data.copyOf(at)
        else -> data.copyOfRange(0, at) + numbers.nextBytes(numbers.nextInt(1, 16)) + data.copyOfRange(at, data.size)
    }
}

private fun withNumber(numbers: Random, data: ByteArray, at: Int): ByteArray {
    val size = listOf(2, 4, 8).random(numbers)
    val written = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(NUMBERS.random(numbers)).array()
    val first = at - at % size
    return data.copyOf().also { out -> (0 until minOf(size, out.size - first)).forEach { out[first + it] = written[it] } }
}
