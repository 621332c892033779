package org.memlora.images

import java.io.ByteArrayOutputStream
import java.nio.ByteBuffer
import java.util.zip.CRC32
import java.util.zip.DataFormatException
import java.util.zip.Deflater
import java.util.zip.DeflaterOutputStream
import java.util.zip.Inflater
import org.memlora.errors.ImageException

// Pixels as a PNG file: what viewers show, and how a store keeps a photo without loss (docs/store-format.md, "Photos").

private val SIGNATURE = byteArrayOf(0x89.toByte(), 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A)
private val FORM = byteArrayOf(8, 2, 0, 0, 0) // bits a colour, RGB, deflate, filters by line, not interlaced
private const val UP: Byte = 2 // each row as what it adds to the row above
private const val HEAD_BYTES = 13
private const val AROUND_BYTES = 12 // of a chunk: length, kind, checksum
private const val LEVEL = 6
private const val KINDS = "IHDR IDAT IEND"

/** The [pixels] as a PNG without loss. */
public fun pngBytes(pixels: Pixels): ByteArray {
    val stride = pixels.width * CHANNELS
    val line = ByteArray(1 + stride)
    val packed = ByteArrayOutputStream()
    val deflater = Deflater(LEVEL)
    try {
        DeflaterOutputStream(packed, deflater).use { out ->
            for (y in 0 until pixels.height) {
                line[0] = UP
                for (x in 0 until stride) {
                    val above = if (y == 0) 0 else pixels.rgb[(y - 1) * stride + x].toInt()
                    line[1 + x] = (pixels.rgb[y * stride + x] - above).toByte()
                }
                out.write(line)
            }
        }
    } finally {
        deflater.end()
    }
    val head = ByteBuffer.allocate(HEAD_BYTES).putInt(pixels.width).putInt(pixels.height).put(FORM).array()
    val out = ByteArrayOutputStream()
    out.write(SIGNATURE, 0, SIGNATURE.size)
    KINDS.split(' ').zip(listOf(head, packed.toByteArray(), ByteArray(0))).forEach { (kind, data) -> writeChunk(out, kind, data) }
    return out.toByteArray()
}

/** The pixels of what [pngBytes] wrote, in any language, no side above [KEPT_SIDE]; throws [ImageException] for other bytes. */
@JvmOverloads
public fun readPng(
    data: ByteArray,
    name: String = "the kept photo",
): Pixels {
    val chunks = chunksOf(data)
    val head = chunks?.first() ?: throw other(name, "other or damaged ones")
    val (width, height) = ByteBuffer.wrap(head).let { it.getInt() to it.getInt() }
    if (width !in 1..KEPT_SIDE || height !in 1..KEPT_SIDE || !head.copyOfRange(8, HEAD_BYTES).contentEquals(FORM)) {
        throw other(name, "$width x $height pixels of another form")
    }
    val stride = 1 + width * CHANNELS
    val lines = unpacked(chunks[1], stride * height) ?: throw other(name, "other lines than $width x $height pixels have")
    val rgb = ByteArray(width * CHANNELS * height)
    for (y in 0 until height) {
        if (lines[y * stride] != UP) throw other(name, "lines of another filter")
        for (x in 1 until stride) {
            val at = y * (stride - 1) + x - 1
            val above = if (y == 0) 0 else rgb[at - (stride - 1)].toInt()
            rgb[at] = (lines[y * stride + x] + above).toByte()
        }
    }
    return Pixels(width, height, rgb)
}

/** What IHDR and IDAT hold, null where these are not the file's chunks before IEND or a checksum is wrong. */
private fun chunksOf(data: ByteArray): List<ByteArray>? {
    if (data.size < SIGNATURE.size || !data.copyOf(SIGNATURE.size).contentEquals(SIGNATURE)) return null
    val found = ArrayList<ByteArray>()
    var at = SIGNATURE.size
    for (kind in KINDS.split(' ')) {
        if (data.size - at < AROUND_BYTES) return null
        val length = ByteBuffer.wrap(data, at, Int.SIZE_BYTES).getInt()
        if (length < 0 || length > data.size - at - AROUND_BYTES) return null
        val end = at + AROUND_BYTES + length
        val named = data.copyOfRange(at + Int.SIZE_BYTES, end - Int.SIZE_BYTES)
        if (String(named, 0, Int.SIZE_BYTES, Charsets.ISO_8859_1) != kind) return null
        if (ByteBuffer.wrap(data, end - Int.SIZE_BYTES, Int.SIZE_BYTES).getInt() != checksum(named)) return null
        found += named.copyOfRange(Int.SIZE_BYTES, named.size)
        at = end
    }
    return found.takeIf { at == data.size && it.first().size == HEAD_BYTES }
}

/** The [size] bytes that [packed] holds, null for others, more or fewer. */
private fun unpacked(
    packed: ByteArray,
    size: Int,
): ByteArray? {
    val inflater = Inflater()
    try {
        inflater.setInput(packed)
        val lines = ByteArray(size + 1)
        var count = 0
        while (count < lines.size && !inflater.finished()) {
            val more = inflater.inflate(lines, count, lines.size - count)
            if (more == 0 && !inflater.finished()) return null
            count += more
        }
        return lines.copyOf(size).takeIf { count == size && inflater.finished() && inflater.remaining == 0 }
    } catch (_: DataFormatException) {
        return null // the caller says which photo it is
    } finally {
        inflater.end()
    }
}

private fun writeChunk(
    out: ByteArrayOutputStream,
    kind: String,
    data: ByteArray,
) {
    val named = kind.toByteArray(Charsets.US_ASCII) + data
    val chunk = ByteBuffer.allocate(AROUND_BYTES + data.size).putInt(data.size).put(named).putInt(checksum(named)).array()
    out.write(chunk, 0, chunk.size)
}

private fun checksum(named: ByteArray): Int = CRC32().apply { update(named) }.value.toInt()

private fun other(
    name: String,
    got: String,
) = ImageException("$name: expected the bytes of a PNG that memlora wrote, got $got; save the photo again")
