package org.memlora.engines

import org.memlora.errors.ContractException
import org.memlora.parts.Embeddings
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.parts.toParts
import org.memlora.progress.Cancellation

/**
 * One operation's model with its adapter and its own KV cache; used by one thread at a time.
 *
 * [vocabSize] is V, [contextLength] the most tokens that can be held, [key] what the KV depends on.
 * The rules are checked here, so every engine refuses alike: a feed has 1 or more tokens, each in [0, V), or rows of
 * embeddings `[n, D]`, and fits into the context; a rewind goes to [0, length]. A refused, failed or cancelled call
 * leaves [length] as it was.
 */
public abstract class Engine(
    public val key: EngineKey,
    public val vocabSize: Int,
    public val contextLength: Int,
) : AutoCloseable {
    /** Whether logits do not depend, to the last bit, on how tokens were cut into feeds. */
    public open val exactMultiToken: Boolean get() = false

    /** The width D of the embeddings that it takes; 0 means tokens only. */
    public open val embeddingWidth: Int get() = 0

    /** Places held in the KV cache: tokens and rows of embeddings. */
    public var length: Int = 0
        private set

    /**
     * Appends tokens and embeddings; float32 logits `[V]` after the last place.
     *
     * Throws [ContractException] for nothing, a token outside the vocabulary, embeddings that the engine does not take, an
     * overfull context, or logits that are not finite numbers of that shape; `CancellationException` when cancelled.
     */
    public fun feed(fed: List<Part>, cancellation: Cancellation? = null): FloatArray = feed(fed, false, cancellation).last()

    /** As [feed], with the logits after each of the T places, `[T][V]`. */
    public fun feedAll(fed: List<Part>, cancellation: Cancellation? = null): List<FloatArray> = feed(fed, true, cancellation)

    /** Forgets every token from place [length] on; throws [ContractException] outside [0, `this.length`]. */
    public fun rewind(length: Int) {
        if (length !in 0..this.length) {
            throw ContractException(
                "cannot rewind: expected a length from 0 to ${this.length}, got $length; reset the engine instead",
            )
        }
        rewound(length)
        this.length = length
    }

    /** Forgets every token. */
    public fun reset(): Unit = rewind(0)

    /** Frees what the runtime holds for this engine alone. */
    override fun close() {}

    private fun feed(fed: List<Part>, every: Boolean, cancellation: Cancellation?): List<FloatArray> {
        val parts = toParts(fed)
        parts.forEach(::check)
        val count = parts.sumOf { it.count }
        if (count == 0) throw ContractException("nothing to feed: expected 1 or more tokens, got 0; feed at least one token")
        if (count > contextLength - length) {
            throw ContractException(
                "context overflow: expected at most $contextLength tokens, got $length held and $count more; " +
                    "shorten the input",
            )
        }
        val positions = if (every) IntArray(count) { it } else intArrayOf(count - 1)
        val logits = runParts(parts, length, positions, cancellation)
        if (logits.size != positions.size || logits.any { it.size != vocabSize }) {
            throw ContractException(
                "wrong logits: expected ${positions.size} rows of $vocabSize, got ${logits.map { it.size }}; " +
                    "export the bundle again",
            )
        }
        if (logits.any { row -> row.any { !it.isFinite() } }) {
            throw ContractException("wrong logits: expected finite numbers, got NaN or infinity; export the bundle again")
        }
        length += count
        return logits
    }

    private fun check(part: Part) {
        when (part) {
            is Embeddings ->
                if (part.width != embeddingWidth) {
                    val takes = if (embeddingWidth > 0) "rows of $embeddingWidth numbers" else "tokens only"
                    throw ContractException(
                        "cannot feed embeddings: expected $takes, got embeddings [${part.count}, ${part.width}]; " +
                            "open an engine that takes them",
                    )
                }
            is Tokens ->
                part.ids.firstOrNull { it !in 0 until vocabSize }?.let { outside ->
                    throw ContractException(
                        "token outside the vocabulary: expected 0 to ${vocabSize - 1}, got $outside; " +
                            "use the bundle's own tokenizer",
                    )
                }
        }
    }

    /** As [run] for parts, tokens side by side being one; an engine with an [embeddingWidth] has its own. */
    protected open fun runParts(
        parts: List<Part>,
        past: Int,
        positions: IntArray,
        cancellation: Cancellation?,
    ): List<FloatArray> {
        val part = parts.single() as? Tokens
            ?: throw ContractException("embeddings of width $embeddingWidth are announced, and not run")
        return run(part.ids.toIntArray(), past, positions, cancellation)
    }

    /** Runs [tokens] `[T]` after [past] tokens; logits `[P][V]` of the rows [positions], which the caller owns. */
    protected abstract fun run(
        tokens: IntArray,
        past: Int,
        positions: IntArray,
        cancellation: Cancellation?,
    ): List<FloatArray>

    /** Called before the length moves back; caches addressed by position need nothing. */
    protected open fun rewound(length: Int) {}
}
