package org.memlora.store.forms

import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.abs
import kotlin.math.sqrt

// A vector in a quarter of its bytes, with a bound on what is lost: what a search reads before it reads vectors.
// A sketch of a float32 vector [D] is `scale` and `error` (float32) and `codes` (int8 [D]): the vector is scale * codes
// up to a rest no longer than `error`. It is derived data: the same vector gives the same bytes in every language.

internal const val LARGEST_CODE = 127
internal const val SKETCH_HEAD_BYTES = 8
private const val ROUNDING = 1 + 1e-6 // lifts `error` above the roundings of the float32 numbers made with it

/** The bytes of one sketch of a vector of [dimension] numbers. */
public fun sketchBytes(dimension: Int): Int = SKETCH_HEAD_BYTES + dimension

/** The sketch of a vector given as little-endian float32. */
public fun sketchOf(vector: ByteArray): ByteArray {
    val exact = floatsOf(vector)
    val (scale, codes) = quantise(exact, LARGEST_CODE)
    var squares = 0.0
    for (place in exact.indices) {
        val rest = exact[place].toDouble() - scale * codes[place].toDouble()
        squares += rest * rest
    }
    val error = Math.nextUp((sqrt(squares) * ROUNDING).toFloat())
    val sketch = ByteBuffer.allocate(sketchBytes(codes.size)).order(ByteOrder.LITTLE_ENDIAN)
    sketch.putFloat(scale.toFloat()).putFloat(error).put(codes)
    return sketch.array()
}

/** A float32 scale and codes of at most [largest], so that scale * codes is near the vector `[D]`. */
internal fun quantise(
    vector: FloatArray,
    largest: Int,
): Quantised {
    var most = 0.0
    for (number in vector) most = maxOf(most, abs(number.toDouble()))
    val scale = (most / largest).toFloat().toDouble()
    val divisor = if (scale == 0.0) 1.0 else scale
    val limit = largest.toDouble()
    val codes = ByteArray(vector.size) { Math.rint(vector[it] / divisor).coerceIn(-limit, limit).toInt().toByte() }
    return Quantised(divisor, codes)
}

/** A vector as whole numbers: about [scale] times [codes]. */
internal data class Quantised(val scale: Double, val codes: ByteArray)

/** The numbers of little-endian float32 [bytes]. */
internal fun floatsOf(bytes: ByteArray): FloatArray {
    val buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
    return FloatArray(bytes.size / Float.SIZE_BYTES) { buffer.getFloat(it * Float.SIZE_BYTES) }
}

/** Little-endian float32 bytes of [numbers]. */
internal fun bytesOf(numbers: FloatArray): ByteArray {
    val buffer = ByteBuffer.allocate(numbers.size * Float.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN)
    for (number in numbers) buffer.putFloat(number)
    return buffer.array()
}
