package org.memlora.memory

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.operations.EXTRACT
import org.memlora.operations.ExtractInput
import org.memlora.operations.Message
import org.memlora.progress.Progress
import java.time.LocalDate

class PiecesTest {
    private val day = LocalDate.of(2026, 5, 5)

    private fun cut(
        room: Int,
        vararg said: String,
    ): List<List<String>> {
        val given = ExtractInput(said.map { Message("user", "", it) }, day)
        return pieces(Script(room = room), EXTRACT, given, extractShape, Progress.SILENT).map { it.messages.map(Message::text) }.toList()
    }

    @Test
    fun `what fits stays whole, else messages come one by one`() {
        assertEquals(listOf(listOf("One.", "Two.")), cut(1000, "One.", "Two."))
        assertEquals(listOf(listOf("One."), listOf("Two.")), cut(36, "One.", "Two."))
    }

    @Test
    fun `a long message is cut between sentences, else between words, else anywhere`() {
        assertEquals(listOf("A cat sat there.", "A dog ran off."), cut(40, "A cat sat there. A dog ran off.").flatten())
        assertEquals(listOf("one two three", "four five six"), cut(40, "one two three four five six").flatten())
        val halves = cut(40, "\ud83d\ude00".repeat(20)).flatten()
        assertTrue(halves.size > 1)
        assertEquals("\ud83d\ude00".repeat(20), halves.joinToString(""))
        assertTrue(halves.none { it[0].isLowSurrogate() }) // no letter is cut
    }

    @Test
    fun `no cut falls before or into a note`() {
        val text = cut(60, "Then I quit yesterday and so on and on it went for long").flatten()
        assertTrue(text.any { "yesterday [4 May 2026]" in it }, "$text")
    }
}
