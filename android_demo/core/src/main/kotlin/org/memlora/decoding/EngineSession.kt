package org.memlora.decoding

import org.memlora.engines.Engine
import org.memlora.errors.ContractException
import org.memlora.parts.Part
import org.memlora.parts.Place
import org.memlora.parts.split
import org.memlora.parts.toPlaces
import org.memlora.progress.Cancellation

/**
 * An engine and the places it holds, by which its KV is known: no prompt is read twice.
 *
 * The KV of a prompt's fixed `prefix` is computed once, in a feed of its own, and kept. What else two prompts share is
 * reused only when the engine is exact over several tokens: on others the place where tokens are cut into feeds shows in
 * the last bit, and an answer must not depend on what was asked before. Embeddings are kept whole or not at all, and
 * only for embeddings of the same name and shape.
 */
public class EngineSession(public val engine: Engine, prefix: List<Part> = emptyList()) : AutoCloseable {
    private val key = engine.key
    private val prefix = toPlaces(prefix)
    private val held = ArrayList<Place>()

    init {
        engine.reset()
    }

    /** The places whose KV the engine holds. */
    public val places: List<Place> get() = held.toList()

    /** Holds exactly [prompt]; float32 logits `[V]` after its last place. Throws [ContractException] for no places. */
    public fun start(prompt: List<Part>, cancellation: Cancellation? = null): FloatArray {
        val wanted = toPlaces(prompt)
        if (wanted.isEmpty()) {
            throw ContractException("nothing to feed: expected a prompt of 1 or more tokens, got 0; feed at least one")
        }
        var (before, rest) = split(prompt, reusable(wanted))
        val kept = before.sumOf { it.count }
        rewind(kept)
        val cut = prefix.size
        if (cut in kept + 1 until wanted.size && wanted.subList(0, cut) == prefix) {
            val (first, others) = split(rest, cut - kept)
            feed(first, cancellation)
            rest = others
        }
        return feed(rest, cancellation)
    }

    /** As [Engine.feed]. */
    public fun feed(fed: List<Part>, cancellation: Cancellation? = null): FloatArray {
        check()
        return engine.feed(fed, cancellation).also { held += toPlaces(fed) }
    }

    /** As [Engine.feedAll]. */
    public fun feedAll(fed: List<Part>, cancellation: Cancellation? = null): List<FloatArray> {
        check()
        return engine.feedAll(fed, cancellation).also { held += toPlaces(fed) }
    }

    /** As [Engine.rewind]. */
    public fun rewind(length: Int) {
        check()
        engine.rewind(length)
        held.subList(length, held.size).clear()
    }

    /** Frees the engine. */
    override fun close(): Unit = engine.close()

    /** How many leading places of [prompt] to keep; at least one is always fed, for its logits. */
    private fun reusable(prompt: List<Place>): Int {
        var shared = 0
        while (shared < minOf(held.size, prompt.size - 1) && held[shared] == prompt[shared]) shared++
        if (engine.exactMultiToken) return shared
        return if (prefix.size in 1..shared) prefix.size else 0
    }

    private fun check() {
        if (engine.key != key || engine.length != held.size) {
            throw ContractException(
                "the engine was used beside its session: expected ${held.size} places under $key, got ${engine.length} " +
                    "under ${engine.key}; open an engine for each session",
            )
        }
    }
}
