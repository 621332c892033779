package org.memlora.parity

import org.memlora.engines.Engine
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation

/** Logits that are told of a step. */
internal const val TOP: Int = 5

/** A token and its logit. */
internal class Logit(
    val token: Int,
    val value: Float,
)

/** Passes everything on to [inner] and keeps the highest logits after each place that it holds. */
internal class TracedEngine(private val inner: Engine) : Engine(inner.key, inner.vocabSize, inner.contextLength) {
    private val kept = sortedMapOf<Int, List<Logit>>()

    /** The highest logits after each place of the sequence that has them, from place [first] on. */
    fun tops(first: Int): Map<Int, List<Logit>> = kept.tailMap(first)

    override val exactMultiToken: Boolean get() = inner.exactMultiToken
    override val embeddingWidth: Int get() = inner.embeddingWidth

    override fun runParts(
        parts: List<Part>,
        past: Int,
        positions: IntArray,
        cancellation: Cancellation?,
    ): List<FloatArray> {
        val logits = if (positions.size > 1) inner.feedAll(parts, cancellation) else listOf(inner.feed(parts, cancellation))
        positions.forEachIndexed { row, place -> kept[past + place] = highest(logits[row]) }
        return logits
    }

    override fun run(
        tokens: IntArray,
        past: Int,
        positions: IntArray,
        cancellation: Cancellation?,
    ): List<FloatArray> = runParts(listOf(Tokens(tokens.asList())), past, positions, cancellation)

    override fun rewound(length: Int) {
        inner.rewind(length)
        kept.tailMap(length).clear()
    }

    override fun close(): Unit = inner.close()
}

/** The [TOP] highest of [logits] `[V]`, highest first, the lowest token first among equals. */
internal fun highest(logits: FloatArray): List<Logit> {
    val best = ArrayList<Logit>(TOP + 1)
    for (token in logits.indices) {
        val value = logits[token]
        if (best.size == TOP && value <= best.last().value) continue
        val place = best.indexOfFirst { it.value < value }
        best.add(if (place < 0) best.size else place, Logit(token, value))
        if (best.size > TOP) best.removeAt(TOP)
    }
    return best
}
