package org.memlora.engines

import org.memlora.parts.EmbeddedRow
import org.memlora.parts.Part
import org.memlora.parts.Place
import org.memlora.parts.TokenPlace
import org.memlora.parts.Tokens
import org.memlora.parts.toPlaces
import org.memlora.progress.Cancellation
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.security.MessageDigest
import java.util.Random

/**
 * A strict deterministic engine without a model: for tests of what stands above.
 *
 * Logits are a hash-seeded function of the key and of every place held, so any misuse of the KV changes them. A row of
 * embeddings counts by the name of its whole part and its place in it: half a part is another part. [levels] small
 * integers as logits make ties common; 0 gives normal numbers.
 */
public open class FakeEngine(
    vocabSize: Int = 64,
    contextLength: Int = 512,
    key: EngineKey = EngineKey("0".repeat(64), null),
    private val levels: Int = 0,
    override val embeddingWidth: Int = 0,
    override val exactMultiToken: Boolean = true,
) : Engine(key, vocabSize, contextLength) {
    protected val held: MutableList<Place> = ArrayList()

    /** Calls so far. */
    public var feeds: Int = 0
        private set

    /** Places fed so far. */
    public var fed: Int = 0
        private set

    override fun run(tokens: IntArray, past: Int, positions: IntArray, cancellation: Cancellation?): List<FloatArray> =
        runParts(listOf(Tokens(tokens.asList())), past, positions, cancellation)

    override fun runParts(parts: List<Part>, past: Int, positions: IntArray, cancellation: Cancellation?): List<FloatArray> {
        cancellation?.check()
        val places = toPlaces(parts)
        check(past == held.size) { "expected ${held.size} places held, got $past" }
        feeds++
        fed += places.size
        held += places
        return positions.map { logits(past + it + 1) }
    }

    override fun rewound(length: Int) {
        held.subList(length, held.size).clear()
    }

    /** Logits `[V]` after the first [count] places. */
    protected open fun logits(count: Int): FloatArray {
        val random = Random(seed(count))
        return FloatArray(vocabSize) { if (levels > 0) random.nextInt(levels).toFloat() else random.nextGaussian().toFloat() }
    }

    private fun seed(count: Int): Long {
        val digest = MessageDigest.getInstance("SHA-256")
        digest.update("${key.baseSha256} ${key.adapterSha256} ".toByteArray(Charsets.UTF_8))
        for (place in held.subList(0, count)) {
            val bytes = when (place) {
                is TokenPlace -> "${place.id};"
                is EmbeddedRow -> "${place.name} ${place.row} ${place.count};"
            }
            digest.update(bytes.toByteArray(Charsets.UTF_8))
        }
        return ByteBuffer.wrap(digest.digest()).order(ByteOrder.LITTLE_ENDIAN).getLong(0)
    }
}
