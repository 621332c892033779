package org.memlora.retrieval

import org.memlora.store.forms.quantise

internal const val LARGEST_DIGIT = 31
private const val DIGIT_OFFSET = LARGEST_DIGIT + 1
private const val CODE_OFFSET = 128
private const val LANES = 0x00FF00FF00FF00FFL
private const val LANE_BITS = 16
private const val TOP_LANE = 48
private const val ONES = 0x0001000100010001L
private const val BYTES = Long.SIZE_BYTES
private const val BITS = Byte.SIZE_BITS

/** How many longs hold [dimension] codes. */
internal fun packedLongs(dimension: Int): Int = (dimension + BYTES - 1) / BYTES

/**
 * [codes] from place [from] on, int8 `[D]`, eight in a long, the first lowest, each made unsigned by 128; into [out] from
 * place [to] on. What fills up the last long is 0.
 */
internal fun pack(codes: ByteArray, from: Int, out: LongArray, to: Int) {
    out.fill(0, to, to + packedLongs(codes.size - from))
    for (place in from until codes.size) {
        val at = place - from
        out[to + at / BYTES] = out[to + at / BYTES] or ((codes[place] + CODE_OFFSET).toLong() shl (BITS * (at % BYTES)))
    }
}

/** The sum of the codes in [packed] from place [from] on, made unsigned as [pack] makes them. */
internal fun sumOf(packed: LongArray, from: Int, dimension: Int): Int {
    var sum = 0L
    for (place in from until from + packedLongs(dimension)) {
        // four lanes of two bytes each; multiplied by ones, the top lane holds their sum
        val pairs = (packed[place] and LANES) + (packed[place] ushr BITS and LANES)
        sum += pairs * ONES ushr TOP_LANE
    }
    return sum.toInt()
}

/**
 * A vector `[D]` of codes of six bits, for products with many packed rows: about [scale] times them, up to [rest].
 *
 * Four codes of a row lie in the lanes of a long, 16 bits each, the query's in the opposite order: the top lane of their
 * product is the sum of four products, and none runs over, for 4 * 255 * 63 is less than 2^16. A multiplication does the
 * work of four, on every processor.
 */
internal class Digits(vector: FloatArray) {
    val scale: Double
    val rest: FloatArray
    private val even: LongArray
    private val odd: LongArray
    private val codeSum: Int

    init {
        val (found, codes) = quantise(vector, LARGEST_DIGIT)
        scale = found
        rest = FloatArray(vector.size) { (vector[it] - found * codes[it]).toFloat() }
        codeSum = codes.sum()
        even = LongArray(packedLongs(vector.size))
        odd = LongArray(even.size)
        for ((place, code) in codes.withIndex()) {
            val side = if (place % 2 == 0) even else odd
            val lane = LANE_BITS * (BYTES / 2 - 1 - place % BYTES / 2)
            side[place / BYTES] = side[place / BYTES] or ((code + DIGIT_OFFSET).toLong() shl lane)
        }
    }

    /** The product of the codes with those in [packed] from place [from] on, whose sum is [sum]. */
    fun product(packed: LongArray, from: Int, sum: Int): Int {
        var whole = 0L
        for (place in even.indices) {
            val codes = packed[from + place]
            whole += (codes and LANES) * even[place] ushr TOP_LANE
            whole += (codes ushr BITS and LANES) * odd[place] ushr TOP_LANE
        }
        return whole.toInt() - DIGIT_OFFSET * sum - CODE_OFFSET * codeSum
    }
}
