package org.memlora.images

import org.memlora.errors.ContractException

/** Most pixels of a side. */
internal const val MAX_SIDE = 65_535

internal const val CHANNELS = 3

/**
 * 8-bit RGB: [rgb] has [width] x [height] x 3 bytes, left to right, top to bottom. Throws [ContractException] for another number.
 *
 * The bytes are not copied.
 */
public class Pixels(
    public val width: Int,
    public val height: Int,
    public val rgb: ByteArray,
) {
    init {
        checkSides(width, height)
        if (rgb.size.toLong() != CHANNELS.toLong() * width * height) {
            throw ContractException(
                "wrong pixels: expected ${CHANNELS.toLong() * width * height} bytes for $width x $height, got ${rgb.size}; " +
                    "give three bytes a pixel",
            )
        }
    }

    override fun equals(other: Any?): Boolean = other is Pixels && width == other.width && rgb.contentEquals(other.rgb)

    override fun hashCode(): Int = 31 * width + rgb.contentHashCode()
}

internal fun checkSides(vararg sides: Int) {
    if (sides.any { it !in 1..MAX_SIDE }) {
        throw ContractException(
            "wrong size: expected sides of 1 to $MAX_SIDE pixels, got ${sides.joinToString()}; give another size",
        )
    }
}
