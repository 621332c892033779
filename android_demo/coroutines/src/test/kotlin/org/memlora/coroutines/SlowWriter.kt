package org.memlora.coroutines

import org.memlora.engines.FakeEngine
import org.memlora.operations.Generated
import org.memlora.operations.OnText
import org.memlora.operations.Operation
import org.memlora.operations.SELECT
import org.memlora.operations.WritingGenerator
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

private const val ENDLESS_S = 60L

/** An engine whose [hanging] feed (from 0, once) ends by an interruption alone, as a native call does. */
internal class SlowEngine(private val hanging: Int) : FakeEngine() {
    private var isHung = false

    /** Opened when the hanging feed has begun. */
    val began = CountDownLatch(1)

    override fun runParts(
        parts: List<Part>,
        past: Int,
        positions: IntArray,
        cancellation: Cancellation?,
    ): List<FloatArray> {
        if (past == hanging && !isHung) {
            isHung = true
            val interrupted = CountDownLatch(1)
            checkNotNull(cancellation).during({ interrupted.countDown() }) {
                began.countDown()
                check(interrupted.await(ENDLESS_S, TimeUnit.SECONDS)) { "nobody interrupted the feed" }
            }
        }
        return super.runParts(parts, past, positions, cancellation)
    }
}

/** Answers [answer], a feed of [engine] a letter; what is said is kept in its words. */
internal class SlowWriter(
    val engine: SlowEngine,
    private val answer: String,
) : WritingGenerator {
    /** Answers that were begun. */
    var answers = 0
        private set

    /** The thread of the last call. */
    var thread: String = ""
        private set

    override val operations: Collection<String> = listOf("select", "generate")

    override fun <In, Out> run(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation?,
    ): Generated<Out> = write(operation, given, cancellation) { true }

    override fun <In, Out> write(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation?,
        onText: OnText,
    ): Generated<Out> {
        thread = Thread.currentThread().name
        engine.reset()
        if (operation.name == SELECT.name) return kept(operation, cancellation)
        answers++
        var end = 0
        while (end < answer.length) {
            engine.feed(listOf(Tokens(listOf(1))), cancellation)
            end = answer.offsetByCodePoints(end, 1)
            if (!onText.told(answer.substring(0, end))) break
        }
        return Generated(operation.parse(answer.substring(0, end)), end < answer.length)
    }

    private fun <In, Out> kept(
        operation: Operation<In, Out>,
        cancellation: Cancellation?,
    ): Generated<Out> {
        engine.feed(listOf(Tokens(listOf(1))), cancellation)
        return Generated(operation.parse("{\"keep\":[1]}"))
    }

    override fun <In> fits(
        operation: Operation<In, *>,
        given: In,
    ): Boolean = true
}
