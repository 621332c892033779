package org.memlora.bundle

import org.memlora.engines.Embed
import org.memlora.engines.Kind
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.store.Embedder
import org.memlora.text.Tokenizer
import kotlin.math.sqrt

private const val LEAST_LENGTH = 1e-12

/**
 * The sentence embedder of a bundle: [id] and [dimension] stand in the header of every store it fills.
 *
 * The id names the trained weights, not the runtime: the kinds round differently but agree, so their vectors may share a
 * store. What lies beyond `maxTokens` tokens of a text is not read.
 */
public class BundleEmbedder internal constructor(
    override val id: String,
    override val dimension: Int,
    private val maxTokens: Int,
    private val tokenizer: Tokenizer,
    private val program: Embed,
) : Embedder,
    AutoCloseable {
    /** Each text is a run of its own; throws [BundleException] when the program gives another shape than the bundle says. */
    override fun embed(texts: List<String>): List<FloatArray> = texts.map(::embedOne)

    override fun close(): Unit = program.close()

    private fun embedOne(text: String): FloatArray {
        val tokens = tokenizer.encodeFramed(text, maxTokens)
        val vector = program.run(LongArray(tokens.size) { tokens[it].toLong() })
        if (vector.size != dimension) {
            throw BundleException(
                "wrong embedder $id: expected vectors of shape (1, $dimension), got (1, ${vector.size}); export the bundle again",
                Reason.UNLINKABLE_PARTS,
            )
        }
        return toUnit(vector)
    }
}

/** The sentence embedder on the runtime [kind]; throws [BundleException] when the bundle has no program for it. */
public fun openEmbedder(
    bundle: Bundle,
    kind: Kind,
): BundleEmbedder {
    val files = bundle.manifest.embedder
    val program =
        files.programs[kind.name] ?: throw BundleException(
            "no ${kind.name} program of the embedder: expected one, got ${files.programs.keys.joinToString(", ").ifEmpty { "none" }}; " +
                "export the bundle with --target ${kind.name}",
            Reason.UNLINKABLE_PARTS,
        )
    val maxTokens = files.maxTokens.toInt()
    val tokenizer = bundle.embedderTokenizer()
    return BundleEmbedder(files.id, files.dimension.toInt(), maxTokens, tokenizer, kind.openEmbedder(bundle.file(program), maxTokens))
}

/**
 * [vector] `[d]` with length 1, the same bits in every language.
 *
 * Squares are whole in float64; they are added place by place from the first, and quotients rounded to float32 at last.
 */
internal fun toUnit(vector: FloatArray): FloatArray {
    var squares = 0.0
    for (number in vector) squares += number.toDouble() * number.toDouble()
    val length = maxOf(sqrt(squares), LEAST_LENGTH)
    return FloatArray(vector.size) { (vector[it].toDouble() / length).toFloat() }
}
