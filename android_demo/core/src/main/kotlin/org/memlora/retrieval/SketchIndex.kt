package org.memlora.retrieval

import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.sqrt
import org.memlora.store.forms.SKETCH_HEAD_BYTES

private const val ROUNDING = 1 + 1e-9 // above what float64 loses in sums of thousands of numbers
private const val FIRST_ROWS = 64

/**
 * The sketches of one user's vectors in memory, and which of them can be among the nearest to a query.
 *
 * A row is kept when its upper bound reaches the k-th largest lower bound; no other row can be among the k nearest, so
 * ranking the kept ones by their exact products is exact. A removed row's place is taken by the last.
 */
internal class SketchIndex {
    var count = 0
        private set
    var dimension = 0
        private set
    private val places = HashMap<Long, Int>()
    private var ids = LongArray(0)
    private var longs = 0 // of a row
    private var codes = LongArray(0)
    private var sums = IntArray(0)
    private var scales = DoubleArray(0)
    private var errors = DoubleArray(0)
    private var norms = DoubleArray(0)

    /** Take up changed rows. */
    fun apply(changes: List<Change>) {
        for (change in changes) remove(change.row)
        for (change in changes) change.sketch?.let { append(change.row, it) }
    }

    /** Ids of all rows that can be among the [wanted] with the largest products with [query] `[D]`, in no order. */
    fun candidates(query: FloatArray, wanted: Int): List<Long> {
        if (wanted >= count) return ids.take(count)
        val length = length(query)
        val first = Digits(query)
        val second = Digits(first.rest)
        val all = IntArray(count) { it }
        val firstRest = length(first.rest) * REST_ROUNDING + length * ROUNDED
        val coarse = reachable(all, wanted, { scales[it] * first.scale * product(it, first) }) { norms[it] * firstRest + errors[it] * length }
        // again with what the first digits left of the query
        val secondRest = length(second.rest) * REST_ROUNDING + 2 * length * ROUNDED
        val fine = reachable(
            coarse,
            wanted,
            { scales[it] * (first.scale * product(it, first) + second.scale * product(it, second)) },
        ) { norms[it] * secondRest + errors[it] * length }
        return fine.map { ids[it] }
    }

    /** Of [rows] those whose upper bound reaches the [wanted]-th largest lower bound. */
    private inline fun reachable(rows: IntArray, wanted: Int, product: (Int) -> Double, bound: (Int) -> Double): IntArray {
        val upper = DoubleArray(rows.size)
        val largest = Largest(wanted)
        for ((place, row) in rows.withIndex()) {
            val middle = product(row)
            val reach = bound(row) * ROUNDING + norms[row] * ROUND_OFF
            upper[place] = middle + reach
            largest.offer(middle - reach)
        }
        var kept = 0
        for ((place, row) in rows.withIndex()) if (upper[place] >= largest.least) rows[kept++] = row
        return rows.copyOf(kept)
    }

    private fun product(row: Int, digits: Digits): Int = digits.product(codes, row * longs, sums[row])

    private fun append(row: Long, sketch: ByteArray) {
        if (count == 0) clear(sketch.size - SKETCH_HEAD_BYTES)
        if (count == ids.size) grow(count + count / 2 + FIRST_ROWS)
        val head = ByteBuffer.wrap(sketch).order(ByteOrder.LITTLE_ENDIAN)
        val place = count++
        ids[place] = row
        places[row] = place
        scales[place] = head.getFloat(0).toDouble()
        errors[place] = head.getFloat(Float.SIZE_BYTES).toDouble()
        pack(sketch, SKETCH_HEAD_BYTES, codes, place * longs)
        sums[place] = sumOf(codes, place * longs, dimension)
        var squares = 0.0
        for (at in SKETCH_HEAD_BYTES until sketch.size) squares += (sketch[at] * sketch[at]).toDouble()
        norms[place] = sqrt(squares) * scales[place]
    }

    private fun clear(numbers: Int) {
        dimension = numbers
        longs = packedLongs(numbers)
        ids = LongArray(0)
        codes = LongArray(0)
    }

    private fun grow(capacity: Int) {
        ids = ids.copyOf(capacity)
        codes = codes.copyOf(capacity * longs)
        sums = sums.copyOf(capacity)
        scales = scales.copyOf(capacity)
        errors = errors.copyOf(capacity)
        norms = norms.copyOf(capacity)
    }

    private fun remove(row: Long) {
        val place = places.remove(row) ?: return
        val last = --count
        if (place == last) return
        ids[place] = ids[last]
        scales[place] = scales[last]
        errors[place] = errors[last]
        norms[place] = norms[last]
        sums[place] = sums[last]
        codes.copyInto(codes, place * longs, last * longs, (last + 1) * longs)
        places[ids[place]] = place
    }

    private companion object {
        const val ROUND_OFF = 1e-12 // of the length of a row
        const val REST_ROUNDING = 1 + 1e-6
        const val ROUNDED = 1e-7 // of the query's length: a rest is rounded to float32, the next one to less
    }
}

private fun length(vector: FloatArray): Double {
    var squares = 0.0
    for (number in vector) squares += number.toDouble() * number
    return sqrt(squares)
}
