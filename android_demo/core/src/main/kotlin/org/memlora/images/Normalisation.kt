package org.memlora.images

import org.memlora.errors.ContractException
import kotlin.math.abs

private const val VALUES = 256
private const val LARGEST = 1e6f
private const val SMALLEST_DEVIATION = 1e-3f

/**
 * `(pixel - mean) / std` a channel, with three of each in units of pixels (0 to 255); each step is rounded to float32.
 *
 * Throws [ContractException] for numbers that give no finite result.
 */
public class Normalisation(
    mean: FloatArray,
    std: FloatArray,
) {
    private val table: FloatArray

    init {
        val fine =
            mean.size == CHANNELS && std.size == CHANNELS && mean.all { abs(it) <= LARGEST } &&
                std.all { it in SMALLEST_DEVIATION..LARGEST }
        if (!fine) {
            throw ContractException(
                "wrong normalisation: expected three means of at most 1e6 and three deviations of 1e-3 to 1e6, in units of " +
                    "pixels, got ${mean.take(CHANNELS + 1)} and ${std.take(CHANNELS + 1)}; take the tower's own",
            )
        }
        table = FloatArray(CHANNELS * VALUES) { (it % VALUES - mean[it / VALUES]) / std[it / VALUES] }
    }

    /** RGB -> float32 `[3, H, W]`, the layout of the towers. */
    public fun apply(pixels: Pixels): FloatArray {
        val plane = pixels.width * pixels.height
        val out = FloatArray(Math.multiplyExact(plane, CHANNELS))
        for (place in 0 until plane) {
            for (channel in 0 until CHANNELS) {
                val value = pixels.rgb[place * CHANNELS + channel].toInt() and (VALUES - 1)
                out[channel * plane + place] = table[channel * VALUES + value]
            }
        }
        return out
    }

    /** Other ways to give the numbers. */
    public companion object {
        /** From the numbers of a `preprocessor_config.json`, for pixels of 0 to 1: rounded to float32, then 255 times each. */
        @JvmStatic
        public fun ofUnit(
            mean: DoubleArray,
            std: DoubleArray,
        ): Normalisation = Normalisation(times255(mean), times255(std))

        private fun times255(numbers: DoubleArray) = FloatArray(numbers.size) { numbers[it].toFloat() * 255f }
    }
}
