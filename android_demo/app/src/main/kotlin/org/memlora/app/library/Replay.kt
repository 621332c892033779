package org.memlora.app.library

import org.memlora.app.diagnostics.Measured
import org.memlora.bundle.Bundle
import org.memlora.decoding.argmax
import org.memlora.engines.Engine
import org.memlora.engines.Kind
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation
import org.memlora.weights.SafeTensor
import org.memlora.weights.readSafetensors

private const val NANOS = 1e9
private const val NANOS_PER_MS = 1e6
private const val SWITCHES = 20

/**
 * A bundle's goldens on one runtime, as `runtime_py/parity/replay.py` replays them: the reference tokens are fed one at a
 * time, and it is counted how often the most likely next one is theirs. Nothing is judged here.
 */
internal class Replay(private val bundle: Bundle, private val kind: Kind, private val cancellation: Cancellation) : AutoCloseable {
    private val shared = HashMap<String, Any>()

    /** Operations with a golden of tokens alone. */
    val operations: List<String> = bundle.operations.filter { name -> golden(name)?.let { "embeddings" !in it } ?: false }

    /** Replays one operation's prompts: the first token's time is the median over them, the speed that of single steps after it. */
    fun measure(operation: String): Measured {
        val golden = checkNotNull(golden(operation))
        val prompts = cut(golden, "prompt_tokens", "prompt_offsets")
        val answers = cut(golden, "tokens", "token_offsets")
        val firstNanos = ArrayList<Long>()
        var equal = 0
        var steps = 0
        var nanos = 0L
        kind.openEngine(bundle.engineFiles(operation), shared).use { engine ->
            for ((prompt, answer) in prompts.zip(answers)) {
                engine.reset()
                val (first, waited) = fed(engine, prompt)
                firstNanos += waited
                var next = first
                answer.forEachIndexed { at, token ->
                    if (next == token) equal++
                    if (at == answer.lastIndex) return@forEachIndexed
                    val (likeliest, took) = fed(engine, listOf(token))
                    next = likeliest
                    nanos += took
                    steps++
                }
            }
        }
        val speed = if (nanos == 0L) 0.0 else steps * NANOS / nanos
        return Measured(operation, answers.sumOf { it.size }, equal, median(firstNanos) / NANOS_PER_MS, speed)
    }

    /**
     * What a step takes more right after another operation's step than after one of its own, the median in milliseconds, as
     * `memlora bench` measures it; 0 where that is less than chance makes of it, and for one operation.
     */
    fun switchMs(): Double {
        if (operations.size < 2) return 0.0
        val engines = ArrayList<Engine>()
        try {
            for (operation in operations) engines += kind.openEngine(bundle.engineFiles(operation), shared)
            val token = listOf(cut(checkNotNull(golden(operations[0])), "prompt_tokens", "prompt_offsets")[0][0])
            fun step(engine: Engine): Long {
                engine.reset()
                return fed(engine, token).second
            }
            val more = (0 until SWITCHES).map { number ->
                val (one, other) = listOf(number, number + 1).map { engines[it % engines.size] }
                step(one)
                val staying = step(one)
                step(other)
                step(one) - staying
            }
            return (median(more) / NANOS_PER_MS).coerceAtLeast(0.0)
        } finally {
            engines.forEach { it.close() }
        }
    }

    /** The likeliest token after [tokens], and the nanoseconds that it took. */
    private fun fed(engine: Engine, tokens: List<Int>): Pair<Int, Long> {
        val begun = System.nanoTime()
        val next = argmax(engine.feed(listOf(Tokens(tokens)), cancellation))
        return next to System.nanoTime() - begun
    }

    private fun median(values: List<Long>): Long = values.sorted()[values.size / 2]

    override fun close() = shared.values.filterIsInstance<AutoCloseable>().forEach { it.close() }

    private fun golden(operation: String): Map<String, SafeTensor>? = bundle.golden(operation)?.let { readSafetensors(it) }

    private fun cut(golden: Map<String, SafeTensor>, values: String, offsets: String): List<List<Int>> {
        val all = golden.getValue(values).longs()
        return golden.getValue(offsets).longs().toList().zipWithNext { from, to -> (from until to).map { all[it.toInt()].toInt() } }
    }
}
