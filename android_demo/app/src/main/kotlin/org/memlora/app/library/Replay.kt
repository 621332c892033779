package org.memlora.app.library

import org.memlora.app.diagnostics.Measured
import org.memlora.bundle.Bundle
import org.memlora.decoding.argmax
import org.memlora.engines.Kind
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation
import org.memlora.weights.SafeTensor
import org.memlora.weights.readSafetensors

private const val NANOS = 1e9

/**
 * A bundle's goldens on one runtime, as `runtime_py/parity/replay.py` replays them: the reference tokens are fed one at a
 * time, and it is counted how often the most likely next one is theirs. Nothing is judged here.
 */
internal class Replay(private val bundle: Bundle, private val kind: Kind, private val cancellation: Cancellation) : AutoCloseable {
    private val shared = HashMap<String, Any>()

    /** Operations with a golden of tokens alone. */
    val operations: List<String> = bundle.operations.filter { name -> golden(name)?.let { "embeddings" !in it } ?: false }

    /** Replays one operation's prompts; the speed is that of single steps, prompts not counted. */
    fun measure(operation: String): Measured {
        val golden = checkNotNull(golden(operation))
        val prompts = cut(golden, "prompt_tokens", "prompt_offsets")
        val answers = cut(golden, "tokens", "token_offsets")
        var equal = 0
        var steps = 0
        var nanos = 0L
        kind.openEngine(bundle.engineFiles(operation), shared).use { engine ->
            for ((prompt, answer) in prompts.zip(answers)) {
                engine.reset()
                var next = argmax(engine.feed(listOf(Tokens(prompt)), cancellation))
                answer.forEachIndexed { at, token ->
                    if (next == token) equal++
                    if (at == answer.lastIndex) return@forEachIndexed
                    val begun = System.nanoTime()
                    next = argmax(engine.feed(listOf(Tokens(token)), cancellation))
                    nanos += System.nanoTime() - begun
                    steps++
                }
            }
        }
        return Measured(operation, answers.sumOf { it.size }, equal, if (nanos == 0L) 0.0 else steps * NANOS / nanos)
    }

    override fun close() = shared.values.filterIsInstance<AutoCloseable>().forEach { it.close() }

    private fun golden(operation: String): Map<String, SafeTensor>? = bundle.golden(operation)?.let { readSafetensors(it) }

    private fun cut(golden: Map<String, SafeTensor>, values: String, offsets: String): List<List<Int>> {
        val all = golden.getValue(values).longs()
        return golden.getValue(offsets).longs().toList().zipWithNext { from, to -> (from until to).map { all[it.toInt()].toInt() } }
    }
}
