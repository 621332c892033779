package org.memlora.decoding

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class DraftsTest {
    @Test
    fun `a draft goes on where it was right and doubles`() {
        val drafts = Drafts((100 until 140).toList())
        val text = mutableListOf(1, 2, 100)
        val sizes = ArrayList<Int>()
        while (text.size < 30) {
            val draft = drafts.propose(text, 99)
            assertEquals(List(draft.size) { text.last() + 1 + it }, draft)
            sizes += draft.size
            drafts.judge(draft.size, draft.size)
            text += draft + (draft.last() + 1) // and the token that the model chose after them
        }
        assertEquals(listOf(1, 2, 4, 8, 8), sizes.take(5))
    }

    @Test
    fun `after a miss it starts short at the longest equal run`() {
        val drafts = Drafts()
        val text = mutableListOf(5, 6, 7, 8, 9, 6, 7, 1, 5, 6, 7)
        assertEquals(listOf(8), drafts.propose(text, 99)) // 5, 6, 7 beats the later 6, 7
        drafts.judge(1, 0)
        text += 1
        assertEquals(listOf(5), drafts.propose(text, 99)) // what followed 6, 7, 1
    }

    @Test
    fun `in a likely answer the next place counts`() {
        val drafts = Drafts(listOf(9, 10, 9, 11, 9, 12))
        assertEquals(listOf(10), drafts.propose(listOf(9), 99))
        drafts.judge(1, 1)
        assertEquals(listOf(11, 9), drafts.propose(listOf(9, 10, 9), 99))
        drafts.judge(2, 0)
        assertEquals(listOf(12), drafts.propose(listOf(9, 10, 9, 30, 9), 99))
    }

    @Test
    fun `nothing known or no room is no draft`() {
        assertEquals(emptyList<Int>(), Drafts().propose(listOf(1, 2, 3), 99))
        assertEquals(emptyList<Int>(), Drafts(listOf(1, 2)).propose(listOf(1), 0))
    }
}
