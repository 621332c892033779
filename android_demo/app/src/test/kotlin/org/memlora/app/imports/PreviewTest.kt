package org.memlora.app.imports

import java.time.LocalDate
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.app.assistant.Turn
import org.memlora.dialogues.importChat
import org.memlora.errors.ConfigException

class PreviewTest {
    @Test
    fun `who speaks, how much and when`() {
        val preview = preview("talk.txt", CHAT.toByteArray())
        val days = listOf(LocalDate.of(2023, 5, 30), LocalDate.of(2023, 6, 2))
        assertEquals(listOf(Reading(null, listOf(Speaker("Ann", 2), Speaker("Ben", 1)), days[0], days[1])), preview.readings)
        assertEquals(3, preview.readings.single().messages)
    }

    @Test
    fun `dates of two meanings are read both ways`() {
        val readings = preview("talk.txt", "12/05/2023, 13:56 - Ann: hi\n".toByteArray()).readings
        assertEquals(listOf(true to LocalDate.of(2023, 5, 12), false to LocalDate.of(2023, 12, 5)), readings.map { it.dayFirst to it.first })
    }

    @Test
    fun `dates that run backwards are read in the one order that there is`() {
        val readings = preview("talk.txt", "30/05/2023, 13:56 - Ann: hi\n29/05/2023, 13:56 - Ann: ho\n".toByteArray()).readings
        assertEquals(listOf(true), readings.map { it.dayFirst })
    }

    @Test
    fun `what is no chat is refused in a sentence`() {
        val refused = listOf("" to "expected at least one line", "PK\u0003\u0004.." to "got a zip", "Ann: hi\nheading 2023-13-01: x\n" to "talk.txt:2")
        for ((text, expected) in refused) {
            val sentence = assertThrows(ConfigException::class.java) { preview("talk.txt", text.toByteArray()) }.message!!
            assertTrue(expected in sentence, sentence)
        }
        assertThrows(ConfigException::class.java) { preview("talk.txt", byteArrayOf(0xff.toByte(), 0xfe.toByte())) }
    }

    @Test
    fun `two turns of a day are an exchange, and who owns the phone has no name`() {
        val told = exchanges(importChat(CHAT.toByteArray(), "talk"), "Ben")
        val (may, june) = listOf(LocalDate.of(2023, 5, 30), LocalDate.of(2023, 6, 2))
        assertEquals(listOf(listOf(Turn("Ann", "I sing", may), Turn("", "ok", may)), listOf(Turn("Ann", "I moved", june))), told.map { it.turns })
        assertEquals(listOf("0", "0"), told.map { it.place })
    }

    private companion object {
        const val CHAT = "30/05/2023, 13:56 - Ann: I sing\n30/05/2023, 13:57 - Ben: ok\n02/06/2023, 09:00 - Ann: I moved\n"
    }
}
