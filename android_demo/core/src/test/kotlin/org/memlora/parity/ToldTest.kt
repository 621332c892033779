package org.memlora.parity

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.memlora.engines.FakeEngine
import org.memlora.parts.Tokens

class ToldTest {
    @Test
    fun `the highest logits come first, the lowest token among equals`() {
        val logits = floatArrayOf(1f, 3f, 3f, -1f, 2f, 3f, 0f)
        assertEquals(listOf(1, 2, 5, 4, 0), highest(logits).map { it.token })
    }

    @Test
    fun `rows have the hash that Python gives them`() {
        val rows = listOf(listOf<Any?>(1L, "Zo\u00eb", null), listOf<Any?>(-2L, "", byteArrayOf(0, -1)))
        assertEquals("618ba0ef18861d07dc7b8703b9897bb5c85eb98bc627230610cb1928ae7a858e", rowsSha256(rows))
    }

    @Test
    fun `a traced engine gives what its inner one does and forgets what is rewound`() {
        val traced = TracedEngine(FakeEngine())
        val plain = FakeEngine()
        assertEquals(plain.feed(listOf(Tokens(1, 2, 3))).toList(), traced.feed(listOf(Tokens(1, 2, 3))).toList())
        traced.feedAll(listOf(Tokens(4, 5)))
        assertEquals(listOf(2, 3, 4), traced.tops(0).keys.toList())
        traced.rewind(4)
        assertEquals(listOf(2, 3), traced.tops(0).keys.toList())
        assertEquals(4, traced.length)
    }
}
