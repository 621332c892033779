package org.memlora.memory

import org.memlora.operations.Generated
import org.memlora.operations.Generator
import org.memlora.operations.OnText
import org.memlora.operations.Operation
import org.memlora.operations.WritingGenerator
import org.memlora.progress.Cancellation
import org.memlora.progress.Gate
import org.memlora.store.Embedder

/** A generator whose calls wait for one another, or for their cancellation: engines hold state, so one call runs at a time. */
internal class SharedGenerator(private val generator: Generator) : WritingGenerator {
    private val gate = Gate("model")

    override val operations: Collection<String> get() = generator.operations

    override fun <In, Out> run(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation?,
    ): Generated<Out> = gate.pass(cancellation) { generator.run(operation, given, cancellation) }

    /** One that does not write token by token tells its text in one piece. */
    override fun <In, Out> write(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation?,
        onText: OnText,
    ): Generated<Out> {
        if (generator is WritingGenerator) {
            return gate.pass(cancellation) { generator.write(operation, given, cancellation, onText) }
        }
        val generated = run(operation, given, cancellation)
        onText.told(operation.renderOutput(generated.value))
        return generated
    }

    override fun <In> fits(
        operation: Operation<In, *>,
        given: In,
    ): Boolean = generator.fits(operation, given)

    /** Runs [last] after the call that runs; later ones are refused. */
    fun close(last: () -> Unit): Unit = gate.close(last)
}

/** An embedder whose calls wait for one another. */
internal class SharedEmbedder(private val embedder: Embedder) : Embedder {
    private val gate = Gate("embedder")

    override val id: String get() = embedder.id
    override val dimension: Int get() = embedder.dimension

    override fun embed(texts: List<String>): List<FloatArray> = gate.pass { embedder.embed(texts) }

    /** Runs [last] after the call that runs; later ones are refused. */
    fun close(last: () -> Unit): Unit = gate.close(last)
}
