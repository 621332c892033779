package org.memlora.images

/** What [square] makes of a picture, with its own filter; another one where a pixel of it changes. */
public const val SQUARE_RULE: String = "square 1"

/** The grey around a picture in a square: 0, or nearly, after the usual normalisations. */
public const val GROUND: Int = 127

/** Width and height with the proportions of [width] x [height] whose longer one is [side]; halves round up, none is below 1. */
public fun fitSize(
    width: Int,
    height: Int,
    side: Int,
): Pair<Int, Int> {
    checkSides(width, height, side)
    val longest = maxOf(width, height).toLong()

    fun fitted(length: Int) = maxOf(1L, (2L * length * side + longest) / (2 * longest)).toInt()
    return fitted(width) to fitted(height)
}

/**
 * The whole picture, as large as it fits, in the middle of a grey square of [side] pixels.
 *
 * Nothing is cut off and nothing is stretched: what is asked about may stand at an edge, and be counted.
 */
@JvmOverloads
public fun square(
    pixels: Pixels,
    side: Int,
    filter: Filter = Filter.BICUBIC,
): Pixels {
    val (width, height) = fitSize(pixels.width, pixels.height, side)
    val fitted = resize(pixels, width, height, filter).rgb
    val out = ByteArray(Math.multiplyExact(side * CHANNELS, side)) { GROUND.toByte() }
    val corner = ((side - height) / 2 * side + (side - width) / 2) * CHANNELS
    val stride = width * CHANNELS
    for (y in 0 until height) fitted.copyInto(out, corner + y * side * CHANNELS, y * stride, (y + 1) * stride)
    return Pixels(side, side, out)
}
