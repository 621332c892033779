package org.memlora.bundle

import org.memlora.engines.Kind
import org.memlora.engines.See
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.sha256
import org.memlora.images.Pixels
import org.memlora.images.SQUARE_RULE
import org.memlora.images.square
import org.memlora.parts.Embeddings
import org.memlora.store.ImageEncoder

/** Pictures to rows, by a bundle's own graph of tower and projector; used by one thread at a time. */
public class BundleImageEncoder internal constructor(
    private val vision: VisionFiles,
    private val program: See,
) : ImageEncoder,
    AutoCloseable {
    override val identity: String = sha256("${vision.sha256} $SQUARE_RULE ${vision.side}".toByteArray(Charsets.UTF_8))

    /** The picture in a square of the graph's side; throws [BundleException] when the graph gives other rows than the bundle says. */
    override fun encode(pixels: Pixels): Embeddings {
        val rows = program.run(square(pixels, vision.side.toInt()))
        if (rows.size.toLong() != vision.tokens * vision.hidden) {
            throw BundleException(
                "wrong graph ${vision.file}: expected ${vision.tokens} rows of ${vision.hidden} numbers, got ${rows.size} numbers; " +
                    "export the bundle again",
                Reason.UNLINKABLE_PARTS,
            )
        }
        return Embeddings(rows, vision.hidden.toInt())
    }

    override fun close(): Unit = program.close()
}

/**
 * What makes rows of a picture on the runtime [kind], null where no operation of the bundle reads pictures.
 *
 * Throws [BundleException] for a graph that does not fit, `ConfigException` for a runtime that does not see.
 */
public fun openImageEncoder(
    bundle: Bundle,
    kind: Kind,
): BundleImageEncoder? {
    val vision = bundle.manifest.vision ?: return null
    val (side, tokens, hidden) = listOf(vision.side, vision.tokens, vision.hidden).map { Math.toIntExact(it) }
    return BundleImageEncoder(vision, kind.openVision(bundle.file(vision.file), side, tokens, hidden))
}
