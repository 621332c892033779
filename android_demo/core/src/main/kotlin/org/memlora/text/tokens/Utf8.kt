package org.memlora.text.tokens

import org.memlora.errors.ContractException

/** Code points and UTF-8, by hand: what runtimes put in the place of wrong bytes differs. */
internal object Utf8 {
    const val REPLACEMENT = 0xFFFD

    /** The code points of [text]; half a surrogate pair is refused. */
    fun points(text: String): IntArray {
        val points = Ints(text.length)
        var at = 0
        while (at < text.length) {
            val point = text.codePointAt(at)
            if (point in 0xD800..0xDFFF) {
                throw ContractException(
                    "broken text: expected Unicode, got half a surrogate pair at $at; replace it beforehand",
                )
            }
            points.add(point)
            at += Character.charCount(point)
        }
        return points.toArray()
    }

    /** The code points of valid UTF-8. */
    fun points(bytes: ByteArray, from: Int, to: Int): IntArray {
        val points = Ints(to - from)
        var at = from
        while (at < to) {
            val length = length(bytes, at, to)
            points.add(point(bytes, at, length))
            at += length
        }
        return points.toArray()
    }

    fun isValid(bytes: ByteArray, from: Int, to: Int): Boolean {
        var at = from
        while (at < to) {
            val length = length(bytes, at, to)
            if (length < 1) return false
            at += length
        }
        return true
    }

    /** Text of [bytes]; each longest part of a character that goes on wrongly becomes U+FFFD, as Unicode advises. */
    fun lossy(bytes: ByteArray, size: Int): String {
        val text = StringBuilder(size)
        var at = 0
        while (at < size) {
            val length = length(bytes, at, size)
            text.appendCodePoint(if (length < 1) REPLACEMENT else point(bytes, at, length))
            at += if (length < 1) maxOf(1, -length) else length
        }
        return text.toString()
    }

    /** How many bytes [point] takes. */
    fun size(point: Int): Int = if (point < 0x80) 1 else if (point < 0x800) 2 else if (point < 0x10000) 3 else 4

    /** Writes [point] into [bytes] from [at] on, and returns where it ends. */
    fun write(point: Int, bytes: ByteArray, at: Int): Int {
        val size = size(point)
        if (size == 1) {
            bytes[at] = point.toByte()
            return at + 1
        }
        var rest = point
        for (i in size - 1 downTo 1) {
            bytes[at + i] = (0x80 or (rest and 0x3F)).toByte()
            rest = rest shr 6
        }
        bytes[at] = (((0xF00 shr size) and 0xFF) or rest).toByte()
        return at + size
    }

    /** Bytes of the character at [at]; minus those of its part where it goes on wrongly, 0 where nothing begins. */
    private fun length(bytes: ByteArray, at: Int, to: Int): Int {
        val first = bytes[at].toInt() and 0xFF
        val length = when {
            first < 0x80 -> return 1
            first in 0xC2..0xDF -> 2
            first in 0xE0..0xEF -> 3
            first in 0xF0..0xF4 -> 4
            else -> return 0
        }
        for (i in 1 until length) {
            if (at + i >= to) return -i
            val next = bytes[at + i].toInt() and 0xFF
            val low = if (i > 1) 0x80 else if (first == 0xE0) 0xA0 else if (first == 0xF0) 0x90 else 0x80
            val high = if (i > 1) 0xBF else if (first == 0xED) 0x9F else if (first == 0xF4) 0x8F else 0xBF
            if (next < low || next > high) return -i
        }
        return length
    }

    private fun point(bytes: ByteArray, at: Int, length: Int): Int {
        if (length == 1) return bytes[at].toInt()
        var point = bytes[at].toInt() and (0x7F shr length)
        for (i in 1 until length) point = (point shl 6) or (bytes[at + i].toInt() and 0x3F)
        return point
    }
}

/** Numbers that grow. */
internal class Ints(capacity: Int = 16) {
    private var values = IntArray(maxOf(4, capacity))
    var size = 0
        private set

    operator fun get(i: Int): Int = values[i]

    operator fun set(i: Int, value: Int) {
        values[i] = value
    }

    fun add(value: Int) {
        if (size == values.size) values = values.copyOf(2 * size)
        values[size++] = value
    }

    fun addAll(others: IntArray, from: Int = 0, to: Int = others.size) {
        for (i in from until to) add(others[i])
    }

    fun toArray(): IntArray = values.copyOf(size)
}
