package org.memlora.memory.photos

import org.memlora.errors.ConfigException
import org.memlora.images.Pixels
import org.memlora.parts.Embeddings
import org.memlora.progress.Cancellation
import org.memlora.progress.Gate
import org.memlora.progress.Progress
import org.memlora.progress.Steps
import org.memlora.store.ImageEncoder
import org.memlora.store.Store
import org.memlora.store.forms.Photo

private const val ENCODED = "photos encoded"

/**
 * What a bundle's encoder makes of the photos of one store: each photo once, by its name and the encoder's.
 *
 * Usable from any thread; one encodes at a time. [openEncoder] is called at the first photo: it reads the weights of the tower.
 */
public class Sight(
    private val openEncoder: () -> ImageEncoder?,
    private val store: Store,
) : AutoCloseable {
    private val gate = Gate("image encoder")
    private var opened: ImageEncoder? = null

    @Volatile
    private var known: String? = null // nobody who writes waits for a picture that is read

    /**
     * The rows of the stored photo called [name]; encoded now where the store has none by this encoder.
     *
     * Throws [ConfigException] for an unknown name, and for a bundle that does not see.
     */
    public fun rowsOf(name: String): Embeddings {
        val identity = identity()
        store.photoRows(name, identity)?.let { return it }
        return encode(store.photoPixels(name)).also { store.putPhotoRows(name, identity, it) }
    }

    /** Encodes every photo of the store that has no rows by this encoder; how many there are in all. */
    @JvmOverloads
    public fun reencode(progress: Progress = Progress.SILENT): Int {
        val names = store.photoNames()
        val told = Steps(progress, ENCODED, names.size)
        for (name in names) {
            rowsOf(name)
            told.advance()
        }
        return names.size
    }

    /** Frees the encoder after the picture that it reads; later calls are refused. */
    override fun close(): Unit = gate.close { (opened as? AutoCloseable)?.close() }

    /** By name the rows of those of [photos] that the store has none of by this encoder; nothing is written. */
    internal fun encodeNew(
        photos: List<Photo>,
        cancellation: Cancellation?,
    ): Map<String, Embeddings> {
        if (photos.isEmpty()) return emptyMap()
        val identity = identity()
        val unknown = photos.filter { store.photoRows(it.name, identity) == null }
        return unknown.associate { photo ->
            cancellation?.check()
            photo.name to encode(photo.pixels)
        }
    }

    /** Writes what [encodeNew] gave beside photos that are stored by now. */
    internal fun keep(rows: Map<String, Embeddings>) {
        if (rows.isEmpty()) return
        val identity = identity()
        for ((name, made) in rows) store.putPhotoRows(name, identity, made)
    }

    private fun identity(): String = known ?: gate.pass { encoder().identity }.also { known = it }

    private fun encode(pixels: Pixels): Embeddings = gate.pass { encoder().encode(pixels) }

    private fun encoder(): ImageEncoder =
        opened ?: openEncoder()?.also { opened = it } ?: throw ConfigException(
            "cannot look at photos: expected a bundle with vision, got one without; take another",
        )
}
