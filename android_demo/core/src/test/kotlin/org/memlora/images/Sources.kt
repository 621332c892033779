package org.memlora.images

/** Pictures from a seed: what Python's `tests/runtime_py/images/sources.py` makes, with products modulo 2^32. */
fun source(
    kind: String,
    seed: Int,
    width: Int,
    height: Int,
): Pixels {
    val value: (Int, Int, Int) -> Int =
        when (kind) {
            "noise" -> { x, y, channel -> mixed(seed, (y * width + x) * 3 + channel) }
            "gradient" -> { x, y, channel ->
                when (channel) {
                    0 -> x * 255 / maxOf(1, width - 1)
                    1 -> y * 255 / maxOf(1, height - 1)
                    else -> x + y + seed
                }
            }
            "blocks" -> { x, y, channel -> (mixed(seed, ((y shr 2) * width + (x shr 2)) * 3 + channel) and 1) * 255 }
            else -> error("no source is called $kind")
        }
    val rgb = ByteArray(width * height * 3)
    for (at in rgb.indices) rgb[at] = value(at / 3 % width, at / 3 / width, at % 3).toByte()
    return Pixels(width, height, rgb)
}

private fun mixed(
    seed: Int,
    number: Int,
): Int {
    var x = number * 0x9E3779B1.toInt() + seed * 0x85EBCA6B.toInt()
    x = x xor (x ushr 15)
    x *= 0x2C1B3C6D
    return x xor (x ushr 12)
}
