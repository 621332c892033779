package org.memlora.bundle

import org.memlora.decoding.Decoded
import org.memlora.decoding.EngineSession
import org.memlora.decoding.Grammar
import org.memlora.decoding.OnTokens
import org.memlora.decoding.Spelling
import org.memlora.decoding.copyGrammar
import org.memlora.decoding.generate
import org.memlora.engines.Engine
import org.memlora.engines.Kind
import org.memlora.errors.ContractException
import org.memlora.operations.Generated
import org.memlora.operations.OnText
import org.memlora.operations.Operation
import org.memlora.operations.WritingGenerator
import org.memlora.operations.checkMemory
import org.memlora.parts.Embeddings
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation
import org.memlora.text.Tokenizer

/** Sees what experts run, to compare it with what another runtime does. */
public interface Watch {
    /** The engine to use in the place of [engine], which was opened for [operation]. */
    public fun opened(
        operation: String,
        engine: Engine,
    ): Engine

    /** Called with the whole prompt and the answer of each call. */
    public fun decoded(
        operation: String,
        prompt: List<Part>,
        decoded: Decoded,
    )
}

/** The name by which an input calls its picture -> the picture's rows, as the bundle's image encoder made them. */
public fun interface Pictures {
    /** Throws `MemloraException` for a name without a picture. */
    public fun rowsOf(name: String): Embeddings
}

/**
 * The experts of a bundle as a generator: prompt, constrained greedy decoding, parsing.
 *
 * Opens an engine for each operation on first use, on the runtime [kind]. Without [pictures] operations that read pictures
 * are refused. Used by one thread at a time, but for [fits].
 */
public class Experts(
    private val bundle: Bundle,
    private val kind: Kind,
    private val watch: Watch? = null,
    private val pictures: Pictures? = null,
) : WritingGenerator,
    AutoCloseable {
    private val shared = HashMap<String, Any>()
    private val sessions = HashMap<String, EngineSession>()

    override val operations: Collection<String> get() = bundle.operations

    override fun <In, Out> run(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation?,
    ): Generated<Out> = parsed(operation, given, cancellation, null)

    override fun <In, Out> write(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation?,
        onText: OnText,
    ): Generated<Out> = parsed(operation, given, cancellation, onText)

    override fun <In> fits(
        operation: Operation<In, *>,
        given: In,
    ): Boolean {
        val rows = if (operation.picture == null) 0 else bundle.manifest.vision?.tokens ?: 0
        return bundle.tokenizer.encode(operation.render(given)).size + rows <= bundle.prompt(operation.name).maxInputTokens
    }

    /** Frees the engines and what they share. */
    override fun close() {
        sessions.values.forEach { it.engine.close() }
        sessions.clear()
        shared.values.filterIsInstance<AutoCloseable>().forEach { it.close() }
        shared.clear()
    }

    private fun <In, Out> parsed(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation?,
        onText: OnText?,
    ): Generated<Out> {
        val prompt = bundle.prompt(operation.name)
        val tokenizer = bundle.tokenizer
        val seen = operation.picture?.let { listOf(rowsOf(it(given))) }.orEmpty()
        val fed = prompt.around(seen + Tokens(tokenizer.encode(operation.render(given)).asList()))
        val decoded =
            generate(
                session(operation.name),
                fed,
                grammarOf(bundle, operation, given),
                prompt.stopTokens,
                prompt.maxNewTokens,
                likely = tokenizer.encode(operation.likelyText(given)).asList(),
                cancellation = cancellation,
                onTokens = onText?.let { OnTokens { tokens -> it.told(tokenizer.settled(tokens.toIntArray())) } },
            )
        watch?.decoded(operation.name, fed, decoded)
        return Generated(operation.parse(tokenizer.decode(decoded.tokens.toIntArray())), decoded.isCut)
    }

    private fun rowsOf(name: String): Embeddings =
        pictures?.rowsOf(name) ?: throw ContractException(
            "no rows of the picture '${name.take(SHOWN)}': expected a look-up of pictures, got none; open the experts with pictures",
        )

    private fun session(name: String): EngineSession =
        sessions.getOrPut(name) {
            val engine = kind.openEngine(bundle.engineFiles(name), shared, exact = true)
            EngineSession(watch?.opened(name, engine) ?: engine, listOf(Tokens(bundle.prompt(name).prefixTokens)))
        }

    public companion object {
        private const val SHOWN = 80

        /** The experts of a bundle that makes a memory; throws `ConfigException` for one that makes none. */
        public fun ofMemory(
            bundle: Bundle,
            kind: Kind,
            watch: Watch? = null,
            pictures: Pictures? = null,
        ): Experts {
            checkMemory(bundle.operations, bundle.path, "export a bundle that has them")
            return Experts(bundle, kind, watch, pictures)
        }
    }
}

/** The operation's own grammar, or that of the words its text about an input may be made of. */
private fun <In> grammarOf(
    bundle: Bundle,
    operation: Operation<In, *>,
    given: In,
): Grammar? {
    val words = operation.words ?: return bundle.grammar(operation.name)
    return copyGrammar(words(given), TokenizerSpelling(bundle.tokenizer))
}

private class TokenizerSpelling(private val tokenizer: Tokenizer) : Spelling {
    override val vocabSize: Int get() = tokenizer.vocabSize

    override fun encode(text: String): List<Int> = tokenizer.encode(text).asList()

    override fun decode(tokens: List<Int>): String = tokenizer.decode(tokens.toIntArray())
}
