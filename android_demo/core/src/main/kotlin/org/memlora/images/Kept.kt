package org.memlora.images

import org.memlora.errors.ContractException
import org.memlora.errors.ImageException
import org.memlora.files.sha256
import java.nio.ByteBuffer
import java.nio.ByteOrder

// A photo as it is kept and named: its pixels after decoding, resizing and turning (docs/image-format.md). Decoders differ in
// the last bit, so a photo is decoded once, when it is saved.

/** The longest side of a kept photo, in pixels. */
public const val KEPT_SIDE: Int = 512

private const val HEAD_BYTES = 16
private const val MAGIC = 0x58504C4D // "MLPX", little-endian
private const val VERSION: Short = 1

/** The bytes that are kept. Throws [ContractException] for a side above [KEPT_SIDE]. */
public fun keptBytes(pixels: Pixels): ByteArray {
    if (maxOf(pixels.width, pixels.height) > KEPT_SIDE) {
        throw ContractException(
            "large picture: expected sides of at most $KEPT_SIDE pixels, got ${pixels.width} x ${pixels.height}; resize it first",
        )
    }
    val out = ByteBuffer.allocate(HEAD_BYTES + pixels.rgb.size).order(ByteOrder.LITTLE_ENDIAN)
    out.putInt(MAGIC).putShort(VERSION).putShort(0).putInt(pixels.width).putInt(pixels.height).put(pixels.rgb)
    return out.array()
}

/** The name of a photo: hex sha256 of its kept bytes. */
public fun keyOf(pixels: Pixels): String = sha256(keptBytes(pixels))

/** The pixels of [data]; [name] stands in errors. Throws [ImageException] for bytes that [keptBytes] did not write. */
@JvmOverloads
public fun readKept(
    data: ByteArray,
    name: String = "the kept photo",
): Pixels {
    val head = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)
    if (data.size < HEAD_BYTES || head.getInt(0) != MAGIC) {
        throw ImageException("$name: expected a kept photo that begins with MLPX, got other bytes; save the photo again")
    }
    val version = head.getShort(4).toInt() and 0xFFFF
    if (version != VERSION.toInt() || head.getShort(6).toInt() != 0) {
        throw ImageException("$name: expected a kept photo of version $VERSION, got $version; update memlora")
    }
    val width = head.getInt(8)
    val height = head.getInt(12)
    if (width !in 1..KEPT_SIDE || height !in 1..KEPT_SIDE) {
        throw ImageException("$name: expected sides of 1 to $KEPT_SIDE, got $width x $height; save the photo again")
    }
    val expected = HEAD_BYTES + width * height * CHANNELS
    if (data.size != expected) {
        throw ImageException("$name: expected $expected bytes for $width x $height pixels, got ${data.size}; save the photo again")
    }
    return Pixels(width, height, data.copyOfRange(HEAD_BYTES, data.size))
}
