package org.memlora.memory

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.memlora.dialogues.importChat
import org.memlora.operations.Message
import org.memlora.progress.Cancellation
import org.memlora.store.Store
import java.io.File
import java.util.concurrent.CancellationException

class IngestTest {
    private val chat =
        "12/05/2023, 13:56 - Ann: *I live in Kluvo.*\n12/05/2023, 13:57 - Bob: nice\n" +
            "12/05/2023, 13:58 - Ann: *I sing.*\n13/05/2023, 09:00 - Ann: bye\n"
    private val dialogue = importChat(chat.toByteArray(), "talk", dayFirst = true)

    @Test
    fun `the first speaker is the user, two turns are an exchange`() {
        val told = exchanges(dialogue)
        assertEquals(listOf("talk/1 0", "talk/1 2", "talk/2 0"), told.map { "${it.session} ${it.place}" })
        assertEquals(listOf("2023-05-12", "2023-05-12", "2023-05-13"), told.map { "${it.day}" })
        assertEquals(listOf(Message("user", "Ann", "*I live in Kluvo.*"), Message("assistant", "Bob", "nice")), told[0].messages)
        val nameless = exchanges(importChat("Me: hello\nAssistant: hi\nBob: ho\n".toByteArray(), "me"))
        assertEquals(listOf("", "", "Bob"), nameless.flatMap { it.messages }.map { it.speaker })
    }

    @Test
    fun `a dialogue that was cut off is gone on with, and nothing is told twice`(@TempDir folder: File) {
        val embedder = WordEmbedder()
        Memory(Script(), embedder, Store(File(folder, "s.db"), BundledSQLiteDriver(), embedder)).use { memory ->
            val cancellation = Cancellation()
            assertThrows<CancellationException> { memory.ingest(dialogue, "ann", cancellation) { cancellation.cancel() } }
            assertEquals(1, memory.getAll("ann").size)
            val outcomes = ArrayList<Outcome>()
            assertEquals(Tally(1, 1, 0, 1, mapOf("ADD" to 1), emptyList()), memory.ingest(dialogue, "ann") { outcomes += it })
            assertEquals(3, outcomes.size)
            assertEquals(Tally(0, 0, 0, 3, emptyMap(), emptyList()), memory.ingest(dialogue, "ann"))
            assertEquals(listOf("I live in Kluvo.", "I sing."), memory.getAll("ann").map { it.text })
            assertEquals(4, memory.store.turns("ann").size)
        }
    }
}
