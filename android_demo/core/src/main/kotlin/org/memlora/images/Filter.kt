package org.memlora.images

import kotlin.math.abs
import kotlin.math.ceil
import kotlin.math.max
import kotlin.math.min

/** 8 bits of a pixel, 2 for weights above 1 and below 0: the rest of an Int. */
internal const val PRECISION_BITS = 32 - 8 - 2

/** How near pixels are weighed (docs/image-format.md, "Resize"); [word] is its name elsewhere. */
public enum class Filter(public val word: String, internal val support: Double) {
    /** Keys' cubic with a = -0.5. */
    BICUBIC("bicubic", 2.0) {
        override fun weight(distance: Double): Double {
            val x = abs(distance)
            return when {
                x < 1.0 -> ((CUBIC + 2.0) * x - (CUBIC + 3.0)) * x * x + 1
                x < 2.0 -> (((x - 5) * x + 8) * x - 4) * CUBIC
                else -> 0.0
            }
        }
    },
    BILINEAR("bilinear", 1.0) {
        override fun weight(distance: Double): Double = max(0.0, 1.0 - abs(distance))
    }, ;

    internal abstract fun weight(distance: Double): Double

    private companion object {
        const val CUBIC = -0.5
    }
}

/**
 * Output n of one axis is the sum of [weights] `[N, width]` (2^22 is 1) times inputs [first] and those after it, [count] of them.
 */
internal class Taps(
    val first: IntArray,
    val count: IntArray,
    val weights: IntArray,
    val width: Int,
)

/** The weights that make [wanted] pixels out of [size] along one axis, in doubles one operation after the other. */
internal fun tapsOf(
    size: Int,
    wanted: Int,
    filter: Filter,
): Taps {
    val scale = size.toDouble() / wanted
    val stretch = max(scale, 1.0)
    val support = filter.support * stretch
    val width = ceil(support).toInt() * 2 + 1
    val taps = Taps(IntArray(wanted), IntArray(wanted), IntArray(wanted * width), width)
    val exact = DoubleArray(width)
    for (n in 0 until wanted) {
        val centre = (n + 0.5) * scale
        val first = max((centre - support + 0.5).toInt(), 0)
        val count = min((centre + support + 0.5).toInt(), size) - first
        var total = 0.0
        for (tap in 0 until count) {
            exact[tap] = filter.weight((tap + first - centre + 0.5) * (1.0 / stretch))
            total += exact[tap]
        }
        taps.first[n] = first
        taps.count[n] = count
        for (tap in 0 until count) {
            val weight = if (total == 0.0) exact[tap] else exact[tap] / total
            val half = if (weight < 0) -0.5 else 0.5
            taps.weights[n * width + tap] = (half + weight * (1 shl PRECISION_BITS)).toInt()
        }
    }
    return taps
}
