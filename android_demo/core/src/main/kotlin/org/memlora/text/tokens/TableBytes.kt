package org.memlora.text.tokens

import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.memlora.errors.BundleException
import org.memlora.errors.Reason

/** The bytes of a table from front to back; a count is believed only where the bytes that it announces are there. */
internal class TableBytes(private val bytes: ByteArray) {
    private val buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)

    val left: Int get() = buffer.remaining()

    fun take(count: Int): ByteArray {
        if (count < 0 || count > left) throw malformed("$count bytes more", "$left")
        return ByteArray(count).also { buffer.get(it) }
    }

    fun short(): Int {
        if (left < 2) throw malformed("2 bytes more", "$left")
        return buffer.short.toInt() and 0xFFFF
    }

    fun int(): Int {
        if (left < 4) throw malformed("4 bytes more", "$left")
        return buffer.int
    }

    /** As many numbers as that, as they stand: those above 2^31 are negative. */
    fun ints(count: Int): IntArray {
        if (count < 0 || count > left / 4) throw malformed("$count numbers more", "$left bytes")
        return IntArray(count) { buffer.int }
    }

    /** How many there are, then [width] numbers each, one after another. */
    fun records(width: Int): IntArray {
        val count = int()
        if (count < 0 || count > left / 4 / width) throw malformed("$count records of $width numbers", "$left bytes")
        return ints(count * width)
    }

    fun lists(width: Int): List<IntArray> {
        val count = int()
        if (count < 0 || count > left / 4) throw malformed("$count lists", "$left bytes")
        return List(count) { records(width) }
    }

    /** [count] texts: where each begins in the bytes that follow, where the last one ends, the bytes. */
    fun texts(count: Int): Texts {
        if (count < 0 || count > left / 4 - 1) throw malformed("$count texts", "$left bytes")
        val starts = ints(count + 1)
        if (starts[0] != 0) throw malformed("texts from the first byte on", "a gap")
        for (i in 0 until count) {
            if (starts[i] > starts[i + 1]) throw malformed("texts one after another", "one before another")
        }
        val texts = Texts(starts, take(starts[count]))
        for (i in 0 until count) {
            if (!Utf8.isValid(texts.bytes, starts[i], starts[i + 1])) throw malformed("UTF-8", "other bytes in text $i")
        }
        return texts
    }

    companion object {
        const val NONE = -1
    }
}

/** Texts as UTF-8, text i from [starts] i up to [starts] i + 1 of [bytes]. */
internal class Texts(val starts: IntArray, val bytes: ByteArray) {
    val size: Int get() = starts.size - 1

    operator fun get(i: Int): String = String(bytes, starts[i], starts[i + 1] - starts[i], Charsets.UTF_8)

    /** Bytes of text [i]. */
    fun length(i: Int): Int = starts[i + 1] - starts[i]

    fun points(i: Int): IntArray = Utf8.points(bytes, starts[i], starts[i + 1])
}

/** Refuses values that contradict each other or lie out of range. */
internal inline fun ensure(isRight: Boolean, expected: String, got: () -> String) {
    if (!isRight) throw invalid(expected, got())
}

internal fun malformed(expected: String, got: String): BundleException =
    refused("malformed", expected, got, Reason.MALFORMED_BYTES)

internal fun invalid(expected: String, got: String): BundleException =
    refused("invalid", expected, got, Reason.INVALID_VALUES)

private fun refused(what: String, expected: String, got: String, reason: Reason) =
    BundleException("$what tokenizer table: expected $expected, got $got; fetch or export the bundle again", reason)
