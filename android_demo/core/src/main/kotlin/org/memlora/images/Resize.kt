package org.memlora.images

// Resizes 8-bit RGB: bit for bit what Python's runtime_py.images and Pillow make (docs/image-format.md, "Resize").

private const val HALF = 1 shl (PRECISION_BITS - 1)
private const val BYTE = 0xFF

/** A picture's rows from above, each asked for once and in order, so that the whole need not be in memory. */
public fun interface Rows {
    /** Writes the next row, three bytes a pixel, into [row]. */
    public fun next(row: ByteArray)
}

/** The picture as [width] x [height]. Throws `ContractException` for sides below 1 or above 65,535. */
@JvmOverloads
public fun resize(
    pixels: Pixels,
    width: Int,
    height: Int,
    filter: Filter = Filter.BICUBIC,
): Pixels {
    var at = 0
    val rows =
        Rows { row ->
            pixels.rgb.copyInto(row, 0, at, at + row.size)
            at += row.size
        }
    return resizeRows(rows, pixels.width, pixels.height, width, height, filter)
}

/** The same for a picture of [fromWidth] x [fromHeight] that comes row by row. */
@JvmOverloads
public fun resizeRows(
    rows: Rows,
    fromWidth: Int,
    fromHeight: Int,
    width: Int,
    height: Int,
    filter: Filter = Filter.BICUBIC,
): Pixels {
    checkSides(fromWidth, fromHeight, width, height)
    val across = if (width == fromWidth) null else tapsOf(fromWidth, width, filter)
    val row = ByteArray(fromWidth * CHANNELS)
    val narrow = ByteArray(Math.multiplyExact(width * CHANNELS, fromHeight))
    for (y in 0 until fromHeight) {
        rows.next(row)
        if (across == null) row.copyInto(narrow, y * row.size) else along(row, across, narrow, y * width * CHANNELS)
    }
    if (height == fromHeight) return Pixels(width, height, narrow)
    return Pixels(width, height, down(narrow, width * CHANNELS, tapsOf(fromHeight, height, filter)))
}

/** One row through [taps] into [out] from byte [start] on. */
private fun along(
    row: ByteArray,
    taps: Taps,
    out: ByteArray,
    start: Int,
) {
    var at = start
    for (n in taps.first.indices) {
        var red = HALF
        var green = HALF
        var blue = HALF
        var from = taps.first[n] * CHANNELS
        val weights = n * taps.width
        for (tap in weights until weights + taps.count[n]) {
            val weight = taps.weights[tap]
            red += (row[from].toInt() and BYTE) * weight
            green += (row[from + 1].toInt() and BYTE) * weight
            blue += (row[from + 2].toInt() and BYTE) * weight
            from += CHANNELS
        }
        out[at++] = clipped(red)
        out[at++] = clipped(green)
        out[at++] = clipped(blue)
    }
}

/** Rows of [stride] bytes in [rows] through [taps], from above to below. */
private fun down(
    rows: ByteArray,
    stride: Int,
    taps: Taps,
): ByteArray {
    val out = ByteArray(Math.multiplyExact(taps.first.size, stride))
    val sums = IntArray(stride)
    for (n in taps.first.indices) {
        sums.fill(HALF)
        for (tap in 0 until taps.count[n]) {
            val weight = taps.weights[n * taps.width + tap]
            val from = (taps.first[n] + tap) * stride
            for (column in 0 until stride) sums[column] += (rows[from + column].toInt() and BYTE) * weight
        }
        for (column in 0 until stride) out[n * stride + column] = clipped(sums[column])
    }
    return out
}

private fun clipped(sum: Int): Byte = (sum shr PRECISION_BITS).coerceIn(0, BYTE).toByte()
