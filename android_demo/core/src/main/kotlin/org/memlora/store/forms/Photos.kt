package org.memlora.store.forms

import org.memlora.errors.ImageException
import org.memlora.images.Pixels
import org.memlora.images.fitSize
import org.memlora.images.keyOf
import org.memlora.images.pngBytes
import org.memlora.images.readPng
import org.memlora.images.resize

/** The longer side of a thumbnail, in pixels. */
public const val THUMBNAIL_SIDE: Int = 128

/** A photo that is to be kept: [pixels] with no side above 512, as they were decoded once. */
public class Photo(public val pixels: Pixels) {
    /** Hex sha256 of its kept bytes. */
    public val name: String by lazy { keyOf(pixels) }

    /** The pixels without loss. */
    public val png: ByteArray by lazy { pngBytes(pixels) }

    /** A PNG whose longer side is 128, of a smaller photo the photo itself. */
    public val thumbnail: ByteArray by lazy { pngBytes(thumbnailOf(pixels)) }

    /** Makes both files now: it takes long enough that nobody should wait for it with the write lock. */
    internal fun pack(): Photo = also { listOf(name, png, thumbnail) }
}

/** Bicubic, nothing enlarged. */
internal fun thumbnailOf(pixels: Pixels): Pixels {
    if (maxOf(pixels.width, pixels.height) <= THUMBNAIL_SIDE) return pixels
    val (width, height) = fitSize(pixels.width, pixels.height, THUMBNAIL_SIDE)
    return resize(pixels, width, height)
}

/** What is wrong with a stored photo, as `expected .., got ..`; null where all is well. */
internal fun photoProblem(
    name: String,
    png: ByteArray,
    thumbnail: ByteArray? = null,
): String? =
    try {
        val pixels = readPng(png)
        val small = thumbnail?.let { readPng(it) }
        when {
            keyOf(pixels) != name -> "expected the pixels that a photo is named by, got others"
            small != null && small != thumbnailOf(pixels) -> "expected the thumbnail of a photo, got another's"
            else -> null
        }
    } catch (e: ImageException) {
        e.message
    }
