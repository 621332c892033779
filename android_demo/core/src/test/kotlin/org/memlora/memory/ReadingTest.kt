package org.memlora.memory

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.store.StoredMemory
import org.memlora.store.Turn

class ReadingTest {
    private fun turn(
        id: Long,
        text: String,
        role: String = "user",
        speaker: String = "",
    ) = Turn(id, role, speaker, text, null)

    private fun stored(
        id: Long,
        text: String,
        isPast: Boolean = false,
    ) = StoredMemory(id, "ana", text, null, "", "", isPast)

    @Test
    fun `a turn is read without the sentences whose memory has ended`() {
        val said = turn(1, "I live in Kluvo. I have a cat.")
        assertEquals("I have a cat.", standing(said, listOf(stored(1, "I live in Kluvo.", isPast = true)), emptyMap())?.text)
        assertEquals(said, standing(said, listOf(stored(1, "I live in Kluvo.")), emptyMap()))
        assertNull(standing(turn(2, "I live in Kluvo."), listOf(stored(1, "I live in Kluvo.", isPast = true)), emptyMap()))
    }

    @Test
    fun `a turn is read without the sentences that a memory said before it was corrected`() {
        val said = turn(1, "I rent a flat in Kluvo, third floor. I have a cat.")
        val corrected = stored(1, "I rent a flat in Hull, third floor.")
        val before = mapOf(1L to listOf("I rent a flat in Kluvo, third floor."))
        assertEquals("I have a cat.", standing(said, listOf(corrected, stored(2, "I have a cat.")), before)?.text)
        assertEquals(said, standing(said, listOf(stored(1, "I rent a flat in Kluvo, third floor now.")), before))
        val reading = join(emptyList(), listOf(Recalled(corrected, 0.5)), mapOf(1L to listOf(said)), before)
        assertEquals(listOf(1L), reading.memories.map { it.memory.id })
    }

    @Test
    fun `a person's turn comes before an assistant's, and a memory that a turn tells is not read twice`() {
        val found = listOf(RecalledTurn(turn(1, "Kluvo", "assistant"), 0.5), RecalledTurn(turn(2, "I live in Kluvo"), 0.45))
        val told = Recalled(stored(1, "I live in Kluvo."), 0.5)
        val edited = Recalled(stored(2, "My bike is red."), 0.4)
        val behind = mapOf(1L to listOf(turn(2, "I live in Kluvo")), 2L to listOf(turn(1, "Kluvo")))
        val reading = join(found, listOf(told, edited), behind, emptyMap())
        assertEquals(listOf(2L, 1L), reading.turns.map { it.turn.id })
        assertEquals(listOf(2L), reading.memories.map { it.memory.id })
        assertEquals(1 to 1, reading.first(2).let { it.memories.size to it.turns.size })
    }

    @Test
    fun `the first person is who spoke last`() {
        assertEquals("Ana", askerOf("Where do I live?", listOf("Ana", "Ben"), "Ana"))
        assertEquals("", askerOf("Where does Ben live?", listOf("Ana", "Ben"), "Ana"))
        assertEquals("Me", askerOf("Where does Ben live?", listOf(""), ""))
        assertTrue(mayAnswer("Ana lives in Kluvo", "Where does Ana live?", listOf("Ana", "Ben")))
        assertFalse(mayAnswer("Ben lives in Kluvo", "Where does Ana live?", listOf("Ana", "Ben")))
    }
}
