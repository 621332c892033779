package org.memlora.runner

import org.memlora.bundle.Watch
import org.memlora.decoding.Decoded
import org.memlora.engines.Embed
import org.memlora.engines.Engine
import org.memlora.engines.Kind
import org.memlora.engines.Runtime
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation
import java.lang.management.ManagementFactory
import java.nio.file.Path

/** One call of an expert: its whole prompt, and the tokens that it wrote. */
internal class Call(val operation: String, val prompt: List<Int>, val written: List<Int>)

/** Clock milliseconds, and those of the processor that the calling thread had. */
internal class Took(val clockMs: Double, val busyMs: Double) {
    operator fun plus(other: Took) = Took(clockMs + other.clockMs, busyMs + other.busyMs)
}

private val threads = ManagementFactory.getThreadMXBean()

/** What [work] gives and took. */
internal inline fun <T> timed(work: () -> T): Pair<T, Took> {
    val (began, busy) = System.nanoTime() to threads.currentThreadCpuTime
    val made = work()
    return made to Took((System.nanoTime() - began) / NANOSECONDS_PER_MS, (threads.currentThreadCpuTime - busy) / NANOSECONDS_PER_MS)
}

private const val NANOSECONDS_PER_MS = 1e6

/** How long [inner]'s engines and embedders computed, and what experts were asked, since both were last taken. */
internal class TimedKind(private val inner: Kind) :
    Kind by inner,
    Watch {
    private val calls = ArrayList<Call>()
    private var took = Took(0.0, 0.0)

    /** Time and calls so far, which begin anew. */
    fun take(): Pair<Took, List<Call>> = (took to calls.toList()).also {
        took = Took(0.0, 0.0)
        calls.clear()
    }

    override fun opened(operation: String, engine: Engine): Engine = TimedEngine(engine)

    override fun decoded(operation: String, prompt: List<Part>, decoded: Decoded) {
        calls += Call(operation, prompt.flatMap { (it as Tokens).ids }, decoded.tokens)
    }

    override fun openEmbedder(program: Path, maxTokens: Int, runtime: Runtime): Embed {
        val embed = inner.openEmbedder(program, maxTokens, runtime)
        return object : Embed by embed {
            override fun run(tokens: LongArray): FloatArray = counted { embed.run(tokens) }
        }
    }

    private inline fun <T> counted(work: () -> T): T {
        val (made, more) = timed(work)
        took += more
        return made
    }

    private inner class TimedEngine(private val engine: Engine) : Engine(engine.key, engine.vocabSize, engine.contextLength) {
        override val exactMultiToken: Boolean get() = engine.exactMultiToken
        override val embeddingWidth: Int get() = engine.embeddingWidth

        override fun runParts(
            parts: List<Part>,
            past: Int,
            positions: IntArray,
            cancellation: Cancellation?,
        ): List<FloatArray> = counted {
            if (positions.size > 1) engine.feedAll(parts, cancellation) else listOf(engine.feed(parts, cancellation))
        }

        override fun run(
            tokens: IntArray,
            past: Int,
            positions: IntArray,
            cancellation: Cancellation?,
        ): List<FloatArray> = runParts(listOf(Tokens(tokens.asList())), past, positions, cancellation)

        override fun rewound(length: Int): Unit = engine.rewind(length)

        override fun close(): Unit = engine.close()
    }
}
