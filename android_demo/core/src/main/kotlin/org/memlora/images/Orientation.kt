package org.memlora.images

import org.memlora.errors.ContractException
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val WAYS = 8
private const val TAG = 0x0112
private const val SHORT = 3
private const val ENTRY_BYTES = 12
private const val MOST_ENTRIES = 512
private const val HEAD_BYTES = 6

/** The picture as it is to be seen; [orientation] is 1 to 8 as EXIF counts them. Throws [ContractException] for another number. */
public fun upright(
    pixels: Pixels,
    orientation: Int,
): Pixels {
    if (orientation !in 1..WAYS) {
        throw ContractException("wrong orientation: expected 1 to 8, got $orientation; give 1 where none is known")
    }
    val isTurned = orientation >= 5 // rows are columns
    val (width, height) = if (isTurned) pixels.height to pixels.width else pixels.width to pixels.height
    val fromRight = orientation in intArrayOf(2, 3, 6, 7)
    val fromBelow = orientation in intArrayOf(3, 4, 7, 8)
    val out = ByteArray(pixels.rgb.size)
    var at = 0
    for (y in 0 until height) {
        for (x in 0 until width) {
            val column = if (fromRight) width - 1 - x else x
            val row = if (fromBelow) height - 1 - y else y
            val from = if (isTurned) column * pixels.width + row else row * pixels.width + column
            for (channel in 0 until CHANNELS) out[at++] = pixels.rgb[from * CHANNELS + channel]
        }
    }
    return Pixels(width, height, out)
}

/** The orientation in an EXIF block, with or without its `Exif` head; 1 where none can be read. */
public fun orientationOf(exif: ByteArray): Int {
    val head = "Exif\u0000\u0000".toByteArray(Charsets.US_ASCII)
    val start = if (exif.size >= HEAD_BYTES && exif.copyOf(HEAD_BYTES).contentEquals(head)) HEAD_BYTES else 0
    val size = exif.size - start
    if (size < 8) return 1
    val order =
        when (String(exif, start, 4, Charsets.ISO_8859_1)) {
            "II*\u0000" -> ByteOrder.LITTLE_ENDIAN
            "MM\u0000*" -> ByteOrder.BIG_ENDIAN
            else -> return 1
        }
    val data = ByteBuffer.wrap(exif, start, size).slice().order(order)
    val table = data.getInt(4).toLong() and 0xFFFFFFFFL
    if (table + 2 > size) return 1
    val entries = data.getShort(table.toInt()).toInt() and 0xFFFF
    for (entry in 0 until minOf(entries, MOST_ENTRIES)) {
        val at = table.toInt() + 2 + entry * ENTRY_BYTES
        if (at + ENTRY_BYTES > size) break
        if (data.getShort(at).toInt() and 0xFFFF != TAG) continue
        val value = data.getShort(at + 8).toInt() and 0xFFFF
        val isOne = data.getShort(at + 2).toInt() == SHORT && data.getInt(at + 4) == 1
        return if (isOne && value in 1..WAYS) value else 1
    }
    return 1
}
