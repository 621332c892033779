package org.memlora.memory.photos

import org.memlora.images.KEPT_SIDE
import org.memlora.images.Pixels
import org.memlora.images.fitSize
import org.memlora.images.resize
import org.memlora.store.forms.Photo

/** The photos of pictures as they are kept, no side above 512, in order, each once and its files made. */
internal fun readPhotos(images: List<Pixels>): List<Photo> = images.map { Photo(kept(it)) }.distinctBy { it.name }.map { it.pack() }

private fun kept(pixels: Pixels): Pixels {
    if (maxOf(pixels.width, pixels.height) <= KEPT_SIDE) return pixels
    val (width, height) = fitSize(pixels.width, pixels.height, KEPT_SIDE)
    return resize(pixels, width, height)
}
