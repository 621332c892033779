package org.memlora.decoding

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.engines.FakeEngine
import org.memlora.engines.FaultyEngine
import org.memlora.errors.ContractException
import org.memlora.parts.Part
import org.memlora.parts.TokenPlace
import org.memlora.parts.Tokens
import org.memlora.parts.toPlaces
import org.memlora.progress.Cancellation
import java.io.IOException
import java.util.Random
import java.util.concurrent.CancellationException

private const val V = 24
private val STOP = listOf(2, 3)

class GreedyTest {
    private val repeated = of(10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 10)

    private fun of(vararg ids: Int): List<Part> = listOf(Tokens(*ids))

    /** One token a step, everything fed again each time, no masks but the automaton's own table. */
    private fun plainGreedy(engine: FakeEngine, prompt: List<Part>, grammar: Grammar?, limit: Int): List<Int> {
        val out = ArrayList<Int>()
        var state = 0
        while (out.size < limit) {
            engine.reset()
            val logits = engine.feed(prompt + Tokens(out))
            var legal = (0 until V).toList()
            if (grammar != null) {
                legal = legal.filter { token ->
                    val following = grammar.nextState(state, token)
                    following != null && grammar.leastTokens(following) <= limit - out.size - 1
                }
                if (grammar.isAccepting(state)) {
                    if (legal.isEmpty()) break
                    legal = (legal + STOP).sorted()
                }
            }
            val best = legal.maxByOrNull { logits[it] } ?: error("no way on")
            if (best in STOP) break
            out += best
            if (grammar != null) state = grammar.advance(state, best)
        }
        return out
    }

    @Test
    fun `output is plain greedy with and without drafts and with forced tokens`() {
        var (drafted, forced) = 0 to 0
        for (seed in 0 until 600L) {
            val random = Random(seed)
            val grammar = if (random.nextInt(4) == 0) null else randomGrammar(seed, V)
            val ids = List(1 + random.nextInt(30)) { 4 + random.nextInt(6) }
            val likely = List(random.nextInt(31)) { random.nextInt(V) }
            val (limit, levels) = 8 + random.nextInt(33) to random.nextInt(4)
            val drafts = listOf(true, false, null)[random.nextInt(3)]
            val session = EngineSession(FakeEngine(V, levels = levels), listOf(Tokens(ids.take(3))))
            val prompt = listOf(Tokens(ids))
            val decoded = generate(session, prompt, grammar, STOP, limit, drafts, likely)
            assertEquals(plainGreedy(FakeEngine(V, levels = levels), prompt, grammar, limit), decoded.tokens, "seed $seed")
            assertTrue(decoded.accepted <= decoded.drafted)
            val written = toPlaces(prompt) + decoded.tokens.map(::TokenPlace)
            assertEquals(written.take(session.places.size), session.places, "seed $seed")
            assertEquals(decoded.tokens, generate(session, prompt, grammar, STOP, limit, drafts != true).tokens, "seed $seed")
            if (grammar != null) assertTrue(grammar.accepts(decoded.tokens), "seed $seed")
            drafted += decoded.accepted
            forced += decoded.forced
        }
        assertTrue(drafted > 100 && forced > 100, "$drafted drafts came true, $forced tokens were forced")
    }

    /** Always prefers what followed the last token at its first occurrence: drafts come true. */
    private class Copying(isExact: Boolean = true) : FakeEngine(V, exactMultiToken = isExact) {
        override fun logits(count: Int): FloatArray {
            val following = held.indexOf(held[count - 1]) + 1
            val preferred = if (following < count) (held[following] as TokenPlace).id else 9
            return FloatArray(V).also { it[preferred] = 1f }
        }
    }

    private fun chain(): Grammar {
        val table = charArrayOf('\uffff', '\u0001', '\uffff', '\u0002', '\uffff', '\uffff')
        val accepting = booleanArrayOf(false, false, true)
        val classes = CharArray(V) { if (it == 5) '\u0001' else '\u0000' }
        return Grammar("0".repeat(64), 0, classes, table, accepting, shortestToEnd(table, accepting))
    }

    @Test
    fun `drafts and forced tokens save model calls`() {
        val with = generate(EngineSession(Copying()), repeated, null, STOP, 20, drafts = true)
        val without = generate(EngineSession(Copying()), repeated, null, STOP, 20, drafts = false)
        assertEquals(without.tokens, with.tokens)
        assertEquals(20, without.steps)
        assertTrue(with.steps <= 6 && with.accepted >= 14, "$with")
        assertEquals(0, generate(EngineSession(Copying(isExact = false)), repeated, null, STOP, 9).drafted)
        val forced = generate(EngineSession(FakeEngine(V)), of(1), chain(), STOP, 9)
        assertEquals(Triple(listOf(5, 5), 0, 2), Triple(forced.tokens, forced.steps, forced.forced))
    }

    @Test
    fun `an answer is told while it grows and ends when told to`() {
        val grammars = generateSequence(0L) { it + 1 }.map { randomGrammar(it, V) }
        for (grammar in listOf(null, grammars.first { it.leastTokens(it.start) > 2 })) {
            val session = EngineSession(Copying())
            val told = ArrayList<List<Int>>()
            val whole = generate(session, repeated, grammar, STOP, 20) { told.add(it) }
            assertTrue(told.all { whole.tokens.take(it.size) == it })
            assertEquals(told.map { it.size }.distinct().sorted(), told.map { it.size })
            val ended = generate(session, repeated, grammar, STOP, 20) { false }
            assertEquals(told.first() to true, ended.tokens to ended.isCut)
        }
    }

    @Test
    fun `a cancelled answer ends within a step and the session goes on`() {
        val engine = FakeEngine(V)
        val session = EngineSession(engine)
        val whole = generate(session, repeated, null, emptyList(), 20, drafts = false)
        val cancellation = Cancellation()
        val before = engine.feeds
        assertThrows(CancellationException::class.java) {
            generate(session, repeated, null, emptyList(), 20, drafts = false, cancellation = cancellation) { tokens ->
                if (tokens.size == 3) cancellation.cancel()
                true
            }
        }
        assertEquals(before + 3, engine.feeds)
        assertEquals(engine.length, session.places.size)
        assertEquals(whole.tokens, generate(session, repeated, null, emptyList(), 20, drafts = false).tokens)
    }

    @Test
    fun `ties go to the lowest id and the context bounds the answer`() {
        val flat = object : FakeEngine(V) {
            override fun logits(count: Int) = FloatArray(V)
        }
        assertEquals(listOf(0, 0, 0), generate(EngineSession(flat), of(5), null, STOP, 3).tokens)
        val small = EngineSession(FakeEngine(V, contextLength = 8))
        assertEquals(3, generate(small, of(4, 4, 4, 4, 4), null, emptyList(), 100).tokens.size)
    }

    @Test
    fun `impossible limits are refused`() {
        fun refusal(context: Int, prompt: List<Part>, grammar: Grammar?, limit: Int) =
            assertThrows(ContractException::class.java) {
                generate(EngineSession(FakeEngine(V, contextLength = context)), prompt, grammar, STOP, limit)
            }.message.orEmpty()
        assertTrue("too few tokens" in refusal(512, of(1), chain(), 1))
        assertTrue("prompt too long" in refusal(4, of(1, 1, 1, 1), null, 1))
        assertTrue("max_new_tokens" in refusal(512, of(1), null, 0))
    }

    @Test
    fun `a session survives a fault`() {
        val session = EngineSession(FaultyEngine(FakeEngine(V), setOf(3), IOException("gone")))
        assertThrows(IOException::class.java) { generate(session, of(5, 6, 7), null, emptyList(), 12, drafts = false) }
        val expected = plainGreedy(FakeEngine(V), of(5, 6, 7), null, 12)
        assertEquals(expected, generate(session, of(5, 6, 7), null, STOP, 12, drafts = false).tokens)
    }
}
