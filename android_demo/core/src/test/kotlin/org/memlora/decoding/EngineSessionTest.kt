package org.memlora.decoding

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.memlora.engines.FakeEngine
import org.memlora.errors.ContractException
import org.memlora.parts.Embeddings
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.parts.toPlaces
import java.util.Random

private const val V = 16
private const val D = 3

class EngineSessionTest {
    private fun of(vararg ids: Int): List<Part> = listOf(Tokens(*ids))

    private fun engine(isExact: Boolean = true) = FakeEngine(V, embeddingWidth = D, exactMultiToken = isExact)

    @Test
    fun `the prefix is computed once`() {
        val engine = FakeEngine()
        val session = EngineSession(engine, of(1, 2, 3))
        val first = session.start(of(1, 2, 3, 4, 5))
        assertEquals(2 to 5, engine.feeds to engine.fed)
        session.feed(of(6))
        val second = session.start(of(1, 2, 3, 4, 7))
        assertEquals(7, engine.fed)
        assertArrayEquals(FakeEngine().feed(of(1, 2, 3, 4, 5)), first)
        assertArrayEquals(FakeEngine().feed(of(1, 2, 3, 4, 7)), second)
        assertArrayEquals(second, session.start(of(1, 2, 3, 4, 7)))
        assertEquals(8, engine.fed)
    }

    @Test
    fun `an inexact engine reuses only the whole prefix`() {
        val engine = FakeEngine(exactMultiToken = false)
        val session = EngineSession(engine, of(1, 2, 3))
        repeat(2) { session.start(of(1, 2, 3, 4, 5)) }
        assertEquals(3 to 7, engine.feeds to engine.fed)
        session.start(of(1, 2, 9))
        assertEquals(10, engine.fed)
    }

    @Test
    fun `an engine used beside its session is refused`() {
        val engine = FakeEngine()
        val session = EngineSession(engine)
        session.start(of(1))
        engine.feed(of(2))
        assertThrows(ContractException::class.java) { session.feed(of(3)) }
    }

    @Test
    fun `a shared beginning is read once and a torn picture again`() {
        val engine = engine()
        val session = EngineSession(engine)
        val picture = PICTURES[0]
        session.start(of(1) + picture + of(2, 3))
        session.start(of(1) + picture + of(2, 4))
        assertEquals(7 + 1, engine.fed)
        session.start(of(1) + picture) // the last place is fed for its logits: the picture whole
        assertEquals(8 + 4, engine.fed)
        session.start(of(1) + picture.slice(0, 2) + of(2)) // begins with the same rows, and is another picture
        assertEquals(12 + 3, engine.fed)
    }

    @Test
    fun `reuse never crosses different parts`() {
        for (seed in 0 until 400L) {
            val random = Random(seed)
            val prefix = prompt(random)
            val session = EngineSession(engine(random.nextBoolean()), prefix)
            repeat(1 + random.nextInt(5)) { number ->
                val prompt = if (number % 2 == 1) prefix + prompt(random) else prompt(random)
                assertArrayEquals(engine().feed(prompt), session.start(prompt), "seed $seed")
                assertEquals(toPlaces(prompt), session.places)
                assertArrayEquals(engine().feed(prompt + of(3)), session.feed(of(3)), "seed $seed")
                session.rewind(minOf(random.nextInt(31), session.places.size))
            }
        }
    }

    /** Few tokens and few pictures, some of which begin alike: prompts that share a part of their places are common. */
    private fun prompt(random: Random): List<Part> =
        List(1 + random.nextInt(7)) {
            if (random.nextBoolean()) Tokens(List(1 + random.nextInt(3)) { random.nextInt(3) }) else PICTURES[random.nextInt(PICTURES.size)]
        }

    private companion object {
        val LONG = Embeddings(FloatArray(4 * D) { it * 0.5f }, D)
        val PICTURES = listOf(LONG, LONG.slice(0, 2), LONG.slice(2, 4), Embeddings(FloatArray(D) { 1f }, D))
    }
}
