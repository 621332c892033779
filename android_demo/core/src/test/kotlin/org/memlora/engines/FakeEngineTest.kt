package org.memlora.engines

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.memlora.decoding.EngineSession
import org.memlora.errors.ContractException
import org.memlora.parts.Embeddings
import org.memlora.parts.TokenPlace
import org.memlora.parts.Tokens
import java.io.IOException

private val OTHER = EngineKey("0".repeat(64), "1".repeat(64))

class FakeEngineTest : EngineContract() {
    override fun open(): Engine = FakeEngine()

    override fun openOther(): Engine = FakeEngine(key = OTHER)

    @Test
    fun `logits that are not finite are refused`() {
        for (bad in listOf(Float.NaN, Float.POSITIVE_INFINITY)) {
            val broken = object : FakeEngine() {
                override fun logits(count: Int) = super.logits(count).also { it[5] = bad }
            }
            assertThrows(ContractException::class.java) { broken.feed(of(ids)) }
            assertEquals(0, broken.length)
        }
    }
}

class FaultyEngineTest : EngineContract() {
    override fun open(): Engine = FaultyEngine(FakeEngine(), emptySet(), IOException("never"))

    override fun openOther(): Engine = FakeEngine(key = OTHER)

    @Test
    fun `a fault changes nothing`() {
        val session = EngineSession(FaultyEngine(FakeEngine(), setOf(1), IOException("disk")))
        session.start(of(1, 2))
        assertThrows(IOException::class.java) { session.feed(of(3)) }
        assertEquals(listOf(TokenPlace(1), TokenPlace(2)), session.places)
        assertArrayEquals(FakeEngine().feed(of(1, 2, 3)), session.feed(of(3)))
    }
}

class FakeEngineWithEmbeddingsTest : EngineContract() {
    override fun open(): Engine = FakeEngine(embeddingWidth = 8)

    override fun openOther(): Engine = FakeEngine(key = OTHER, embeddingWidth = 8)

    private fun seen(seed: Int, rows: Int) = Embeddings(FloatArray(8 * rows) { (it * 31 + seed) % 7 - 3f }, 8)

    @Test
    fun `embeddings hold a place a row`() {
        val rows = engine.feedAll(of(1) + seen(0, 3) + of(2))
        assertEquals(5, rows.size)
        engine.reset()
        engine.feed(of(1))
        engine.feed(listOf(seen(0, 3)))
        assertArrayEquals(rows.last(), engine.feed(of(2)))
        assertThrows(ContractException::class.java) { engine.feed(listOf(seen(0, engine.contextLength - 4))) }
    }

    @Test
    fun `other embeddings and other places give other logits`() {
        val (one, two) = seen(1, 2) to seen(2, 2)
        val (a, b) = Tokens(1) to Tokens(2)
        val feeds = listOf(listOf(a, one, b), listOf(a, two, b), listOf(one, a, b), listOf(a, b, one), listOf(a, one, one, b), listOf(a, b))
        val logits = feeds.map { fed ->
            engine.reset()
            engine.feed(fed)
        }
        for (i in logits.indices) for (j in 0 until i) assertFalse(logits[i].contentEquals(logits[j]))
    }
}
