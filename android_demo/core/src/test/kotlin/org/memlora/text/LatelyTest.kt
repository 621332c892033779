package org.memlora.text

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

class LatelyTest {
    private val made = ArrayList<String>()
    private val lengths = Lately<String, Int>(2) { text -> text.length.also { made += text } }

    @Test
    fun `what was asked for last is made once`() {
        assertEquals(listOf(1, 2, 1, 3, 1, 2), listOf("a", "bb", "a", "ccc", "a", "bb").map { lengths[it] })
        assertEquals(listOf("a", "bb", "ccc", "bb"), made)
    }

    @Test
    fun `several threads get what belongs to their text`() {
        val shared = Lately<Int, Int>(8) { it * it }
        val wrong = AtomicInteger()
        List(4) { at -> thread { repeat(20_000) { if (shared[(it * 7 + at) % 12] != ((it * 7 + at) % 12).let { n -> n * n }) wrong.incrementAndGet() } } }.forEach { it.join() }
        assertEquals(0, wrong.get())
    }
}
