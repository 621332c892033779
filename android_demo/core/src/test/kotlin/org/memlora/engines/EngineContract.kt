package org.memlora.engines

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.errors.ContractException
import org.memlora.parts.Embeddings
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation
import java.util.concurrent.CancellationException
import kotlin.math.sqrt

/** What every engine must do; a test class per engine derives from this one and says how to open it. */
abstract class EngineContract {
    /** How far logits may lie apart when only the cutting into feeds differs. */
    protected open val relativeError: Double = 2e-3

    /** A fresh engine with the operation's adapter. */
    protected abstract fun open(): Engine

    /** An engine of the same bundle under another adapter, or none. */
    protected abstract fun openOther(): Engine

    protected val ids: List<Int> = listOf(3, 1, 4, 1, 5, 9, 2, 6)
    private val opened = ArrayList<Engine>()
    protected val engine: Engine by lazy { open().also(opened::add) }
    private val other: Engine by lazy { openOther().also(opened::add) }

    @AfterEach
    fun close() = opened.forEach(Engine::close)

    protected fun of(vararg ids: Int): List<Part> = listOf(Tokens(*ids))

    protected fun of(ids: List<Int>): List<Part> = listOf(Tokens(ids))

    /** Equal, to the last bit where the engine promises that. */
    protected fun assertSame(engine: Engine, a: FloatArray, b: FloatArray) {
        if (engine.exactMultiToken) return assertArrayEquals(a, b)
        val distance = sqrt(a.indices.sumOf { (a[it] - b[it]).toDouble().let { d -> d * d } })
        val scale = sqrt(b.sumOf { it.toDouble() * it })
        assertTrue(distance <= relativeError * scale, "expected $relativeError, got ${distance / scale}")
    }

    @Test
    fun `a feed gives a row of logits or all of them and counts its places`() {
        assertEquals(0, engine.length)
        assertEquals(engine.vocabSize, engine.feed(of(ids)).size)
        val rows = engine.feedAll(of(ids.take(3)))
        assertEquals(List(3) { engine.vocabSize }, rows.map { it.size })
        assertEquals(ids.size + 3, engine.length)
    }

    @Test
    fun `the same feeds give the same bits`() {
        val first = engine.feed(of(ids))
        engine.reset()
        assertArrayEquals(first, engine.feed(of(ids)))
    }

    @Test
    fun `all logits end with the last`() {
        val rows = engine.feedAll(of(ids))
        engine.reset()
        assertSame(engine, rows.last(), engine.feed(of(ids)))
        assertFalse(rows.first().contentEquals(rows.last()))
    }

    @Test
    fun `cutting into feeds does not matter`() {
        val whole = engine.feedAll(of(ids))
        engine.reset()
        ids.forEachIndexed { i, token -> assertSame(engine, engine.feed(of(token)), whole[i]) }
        engine.reset()
        engine.feed(of(ids.take(3)))
        assertSame(engine, engine.feed(of(ids.drop(3))), whole.last())
    }

    @Test
    fun `a rewind forgets`() {
        engine.feed(of(ids.take(4)))
        val expected = engine.feed(of(7, 8))
        engine.rewind(4)
        engine.feed(of(11, 12, 13))
        engine.rewind(4)
        assertEquals(4, engine.length)
        assertArrayEquals(expected, engine.feed(of(7, 8)))
    }

    @Test
    fun `history matters and logits are the caller's`() {
        val first = engine.feed(of(1, 2, 3))
        val copy = first.copyOf()
        engine.reset()
        assertFalse(first.contentEquals(engine.feed(of(2, 1, 3))))
        assertArrayEquals(copy, first)
    }

    @Test
    fun `wrong calls are refused and change nothing`() {
        engine.feed(of(1, 2))
        val wrong = listOf(emptyList(), listOf(-1), listOf(engine.vocabSize), List(engine.contextLength - 1) { 1 })
        for (tokens in wrong) assertThrows(ContractException::class.java) { engine.feed(of(tokens)) }
        for (length in listOf(-1, 3)) assertThrows(ContractException::class.java) { engine.rewind(length) }
        assertEquals(2, engine.length)
        val after = engine.feed(of(3))
        engine.reset()
        engine.feed(of(1, 2))
        assertArrayEquals(after, engine.feed(of(3)))
    }

    @Test
    fun `the context can be filled`() {
        engine.feed(of(List(engine.contextLength - 1) { 1 }))
        engine.feed(of(2))
        assertEquals(engine.contextLength, engine.length)
        assertThrows(ContractException::class.java) { engine.feed(of(3)) }
    }

    @Test
    fun `an adapter changes logits and engines do not disturb each other`() {
        assertFalse(engine.key == other.key)
        val (alone, otherAlone) = engine.feed(of(ids)) to other.feed(of(ids))
        assertFalse(alone.contentEquals(otherAlone))
        engine.reset()
        other.reset()
        engine.feed(of(ids.take(4)))
        other.feed(of(ids.take(4)))
        assertSame(engine, engine.feed(of(ids.drop(4))), alone)
        assertSame(other, other.feed(of(ids.drop(4))), otherAlone)
    }

    @Test
    fun `tokens may come in pieces`() {
        val expected = engine.feed(of(ids))
        engine.reset()
        assertArrayEquals(expected, engine.feed(ids.chunked(3).map { Tokens(it) } + Tokens()))
        assertThrows(ContractException::class.java) { engine.feed(listOf(Tokens())) }
        assertEquals(ids.size, engine.length)
    }

    @Test
    fun `embeddings of another width are refused and change nothing`() {
        engine.feed(of(ids))
        val strange = Embeddings(FloatArray(2 * (engine.embeddingWidth + 1)) { 1f }, engine.embeddingWidth + 1)
        val refusal = assertThrows(ContractException::class.java) { engine.feed(of(1) + strange + of(2)) }
        assertTrue("cannot feed embeddings: expected" in refusal.message.orEmpty(), refusal.message)
        assertEquals(ids.size, engine.length)
    }

    @Test
    fun `a cancelled feed changes nothing and the engine goes on`() {
        val expected = engine.feed(of(ids))
        engine.rewind(4)
        val cancellation = Cancellation()
        cancellation.cancel()
        assertThrows(CancellationException::class.java) { engine.feed(of(9, 9), cancellation) }
        assertEquals(4, engine.length)
        assertSame(engine, engine.feed(of(ids.drop(4)), Cancellation()), expected)
    }
}
