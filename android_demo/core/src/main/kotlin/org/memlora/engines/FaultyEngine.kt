package org.memlora.engines

import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation

/** Passes everything on to [inner], and throws [fault] instead of the feeds numbered in [failing] (from 0). */
public class FaultyEngine(
    private val inner: Engine,
    private val failing: Set<Int>,
    private val fault: Exception,
) : Engine(inner.key, inner.vocabSize, inner.contextLength) {
    private var calls = 0

    override val exactMultiToken: Boolean get() = inner.exactMultiToken
    override val embeddingWidth: Int get() = inner.embeddingWidth

    override fun run(tokens: IntArray, past: Int, positions: IntArray, cancellation: Cancellation?): List<FloatArray> =
        runParts(listOf(Tokens(tokens.asList())), past, positions, cancellation)

    override fun runParts(parts: List<Part>, past: Int, positions: IntArray, cancellation: Cancellation?): List<FloatArray> {
        if (calls++ in failing) throw fault
        val rows = inner.feedAll(parts, cancellation)
        return positions.map { rows[it] }
    }

    override fun rewound(length: Int): Unit = inner.rewind(length)

    override fun close(): Unit = inner.close()
}
