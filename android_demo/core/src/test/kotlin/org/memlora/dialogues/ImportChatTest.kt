package org.memlora.dialogues

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.ConfigException
import org.memlora.files.JsonArray
import org.memlora.files.JsonBoolean
import org.memlora.files.JsonNull
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.files.parseJson
import org.memlora.store.PythonReference
import java.io.File
import java.time.LocalDate

/** What chat programs export is read as Python reads it, or refused as Python refuses it. */
class ImportChatTest {
    private val chats = File(System.getProperty("memlora.house"), "tests/distill/chats")

    @Test
    fun `days, people and texts of an export`() {
        val dialogue = importChat(File(chats, "ios_us.txt").readBytes(), "ios_us")
        assertEquals(listOf("Ann", "Bob"), dialogue.speakers)
        assertEquals(listOf(LocalDate.of(2024, 1, 31), LocalDate.of(2024, 2, 1)), dialogue.sessions.map { it.date })
        assertEquals(listOf("2024-01-31T21:59", "2024-02-01T00:04"), dialogue.sessions.map { it.moment.toString() })
        assertEquals(listOf(Turn("s1t1", "Ann", "Leaving tomorrow"), Turn("s2t1", "Bob", "Safe trip see you: soon")), dialogue.turns)
    }

    @Test
    fun `who knows the order of day and month says it`() {
        val bytes = File(chats, "whatsapp_slash.txt").readBytes()
        assertTrue("say which is first" in assertThrows<ConfigException> { importChat(bytes, "chat") }.message!!)
        assertEquals(LocalDate.of(2023, 5, 12), importChat(bytes, "chat", dayFirst = true).sessions[0].date)
        assertEquals(LocalDate.of(2023, 12, 5), importChat(bytes, "chat", dayFirst = false).sessions[0].date)
    }

    @Test
    fun `chats changed at random are read as in Python`(@TempDir folder: File) {
        val count = System.getProperty("memlora.mutations")?.toInt() ?: FILES
        PythonReference.run("tests.distill.made_chats", folder.path, System.getProperty("memlora.seed") ?: "5", "$count")
        val rows = (parseJson(File(folder, "chats.json").readBytes(), "chats") as JsonArray).items.map { it as JsonObject }
        assertTrue(rows.count { it["refused"] == null } > rows.size / 4)
        for (row in rows) {
            val file = File(folder, (row["file"] as JsonString).value)
            assertEquals(JsonObject(row.entries - "file" - "day_first"), read(file, row["day_first"]), file.readText())
        }
    }

    private fun read(file: File, dayFirst: JsonValue?): JsonObject =
        try {
            val dialogue = importChat(file.readBytes(), file.nameWithoutExtension, (dayFirst as? JsonBoolean)?.value)
            JsonObject(mapOf("speakers" to texts(dialogue.speakers), "sessions" to JsonArray(dialogue.sessions.map(::shown))))
        } catch (e: ConfigException) {
            JsonObject(mapOf("refused" to JsonString(e.message!!.removePrefix(file.nameWithoutExtension).substringBefore(", got"))))
        }

    private fun shown(session: Session) =
        JsonObject(
            mapOf(
                "date" to string(session.date?.toString()),
                "time" to string(session.time),
                "turns" to JsonArray(session.turns.map { texts(listOf(it.id, it.speaker, it.text)) }),
            ),
        )

    private fun texts(texts: List<String>) = JsonArray(texts.map(::JsonString))

    private fun string(text: String?): JsonValue = text?.let(::JsonString) ?: JsonNull

    private companion object {
        const val FILES = 400
    }
}
