package org.memlora.app.library

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import java.io.File
import java.util.concurrent.CancellationException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.app.MONDAY
import org.memlora.app.assistant.Outcome
import org.memlora.app.assistant.Turn
import org.memlora.app.diagnostics.Measured
import org.memlora.errors.BundleException
import org.memlora.errors.ConfigException
import org.memlora.progress.Cancellation
import org.memlora.store.Source
import org.memlora.store.Store

class CoreBackendTest {
    @TempDir
    lateinit var folder: File

    private val backend = CoreBackend { }

    @Test
    fun `a folder that is no bundle is refused in a sentence`() {
        val refused = assertThrows(BundleException::class.java) { backend.verifier.verify(folder) { } }
        assertTrue(refused.message!!.contains("manifest.json"), refused.message)
    }

    @Test
    fun `a real bundle is verified and shown`() {
        var hashed = 0L
        val contents = backend.verifier.verify(neededBundle()) { hashed += it }
        assertEquals(contents.bytes, hashed)
        assertTrue("generate" in contents.operations)
        assertTrue("onnx" in contents.engines)
    }

    @Test
    fun `what does not fit is refused before anything is loaded`() {
        val asked = mutableListOf<Long>()
        val full = CoreBackend { needed ->
            asked += needed
            throw ConfigException(FULL)
        }
        val bundle = neededBundle()
        val store = File(folder, "memories.db")
        val works = listOf<() -> Any>(
            { full.open(bundle, store) },
            { full.replay(bundle, Cancellation()) { } },
            { full.answer(bundle, "".byteInputStream(), File(folder, "answers"), Cancellation()) { } },
        )
        for (work in works) assertEquals(FULL, assertThrows(ConfigException::class.java) { work() }.message)
        assertTrue(asked.size == works.size && asked.all { it > 0 }, "$asked")
        assertEquals(emptyList<String>(), folder.list()!!.toList())
    }

    @Test
    fun `goldens of a real bundle are nearly all equal`() {
        val measured = mutableListOf<Measured>()
        val switchMs = backend.replay(neededBundle(), Cancellation()) { measured += it }
        assertTrue(measured.size > 1)
        for (row in measured) assertTrue(row.equal >= row.steps * 95 / 100 && row.tokensPerSecond > 0 && row.firstTokenMs > 0, "$row")
        assertTrue(switchMs in 0.0..measured.maxOf { it.firstTokenMs }, "$switchMs")
    }

    @Test
    fun `what is said is kept with its words, answers, is reworded and forgotten`() {
        backend.open(neededBundle(), File(folder, "memories.db")).use { assistant ->
            val said = assistant.read("I live in Leeds").said
            val stored = assistant.remember(said, MONDAY, "chat 1", "line 1", Cancellation()) as Outcome.Stored
            val id = checkNotNull(stored.changes.first().memory)
            val told = mutableListOf<String>()
            val answer = assistant.ask("Where do I live?", MONDAY, Cancellation()) { told += it }
            assertTrue("Leeds" in answer.text, answer.text)
            assertEquals(answer.text, told.last())
            assertEquals(id, answer.sources.first().memory)
            val again = assistant.remember(said, MONDAY, "chat 1", "line 1", Cancellation()) as Outcome.Stored
            assertEquals(stored.changes.map { it.memory }, again.changes.map { it.memory }) // as after a death that came too early to tell
            assertEquals(Outcome.Nothing, assistant.remember("Thanks!", MONDAY, "chat 1", "line 2", Cancellation()))
            assistant.change(id, "I live in Hull")
            assertEquals(listOf("I live in Hull"), assistant.search("Hull", includePast = false).map { it.text })
            val story = checkNotNull(assistant.story(id))
            assertEquals(listOf("I live in Leeds"), story.turns.map { it.text })
            assertEquals(listOf("ADD", "UPDATE"), story.changes.map { it.event })
            assertEquals(setOf(id), assistant.forget(setOf(id)))
            assertEquals(setOf(id), assistant.forget(setOf(id))) // again: it is gone already
            assertEquals(null, assistant.story(id))
            assistant.eraseEverything()
            assertEquals(emptyList<Any>(), assistant.memories(includePast = true))
        }
    }

    @Test
    fun `what was said elsewhere is kept under its trust and changes nothing that was told here`() {
        val store = File(folder, "memories.db")
        backend.open(neededBundle(), store).use { assistant ->
            assistant.remember("I live in Leeds", MONDAY, "chat 1", "line 1", Cancellation())
            val turns = listOf(Turn("", "I live in Hull", MONDAY.plusDays(1)), Turn("Ann", "I play the cello", MONDAY.plusDays(1)))
            val taken = assistant.take(turns, "chat 2", "0", Cancellation()) as Outcome.Stored
            val again = assistant.take(turns, "chat 2", "0", Cancellation()) as Outcome.Stored
            assertEquals(taken.changes.mapNotNull { it.memory }.toSet(), again.changes.map { it.memory }.toSet())
            val person = assistant.memories(includePast = false).associate { it.text to it.person }
            assertEquals("Ann", person.entries.single { "cello" in it.key }.value)
            assertEquals("", person.entries.single { "Hull" in it.key }.value)
        }
        Store(store, BundledSQLiteDriver(), null).use { held ->
            val sources = held.memories(OWNER).associate { it.text to it.source }
            assertEquals(Source.USER, sources.entries.single { "Leeds" in it.key }.value)
            assertEquals(Source.IMPORTED, sources.entries.single { "Hull" in it.key }.value)
        }
    }

    @Test
    fun `a chat is forgotten with what gave nothing, and with its memories`() {
        val store = File(folder, "memories.db")
        assertEquals(emptySet<Long>(), backend.forgetChat(store, "chat 1", withMemories = true))
        backend.open(neededBundle(), store).use { assistant ->
            assertTrue(assistant.remember("I live in Leeds", MONDAY, "chat 1", "line 1", Cancellation()) is Outcome.Stored)
            assertEquals(Outcome.Nothing, assistant.remember("Thanks!", MONDAY, "chat 1", "line 2", Cancellation()))
        }
        assertTrue("Thanks!" in written(store))
        assertEquals(emptySet<Long>(), backend.forgetChat(store, "chat 2", withMemories = true))
        assertEquals(emptySet<Long>(), backend.forgetChat(store, "chat 1", withMemories = false))
        assertTrue("Thanks!" !in written(store) && "Leeds" in written(store))
        assertEquals(setOf(1L), backend.forgetChat(store, "chat 1", withMemories = true))
        assertTrue("Leeds" !in written(store))
    }

    @Test
    fun `each turn of a chat of elsewhere has its own day, and all days are forgotten with the chat`() {
        val store = File(folder, "memories.db")
        val said = mapOf(MONDAY to "I live in Leeds", MONDAY.plusDays(90) to "I play the cello")
        backend.open(neededBundle(), store).use { assistant ->
            for ((day, text) in said) {
                val taken = assistant.take(listOf(Turn("Ann", text, day)), "chat 1", "0", Cancellation()) as Outcome.Stored
                val story = checkNotNull(assistant.story(checkNotNull(taken.changes.first().memory)))
                assertEquals(listOf(Turn("Ann", text, day)), story.turns)
            }
            assistant.take(listOf(Turn("Eve", "I am a nurse", MONDAY)), "chat 10", "0", Cancellation())
        }
        val forgotten = backend.forgetChat(store, "chat 1", withMemories = true)
        assertEquals(said.size, forgotten.size)
        assertTrue("nurse" in written(store) && "Leeds" !in written(store) && "cello" !in written(store))
        Store(store, BundledSQLiteDriver(), null).use { held -> assertEquals(listOf("I am a nurse"), held.turns(OWNER).map { it.text }) }
    }

    @Test
    fun `a chat that goes on another day keeps both days`() {
        backend.open(neededBundle(), File(folder, "memories.db")).use { assistant ->
            for ((place, day) in listOf(MONDAY, MONDAY.plusDays(1)).withIndex()) {
                val said = if (place == 0) "I live in Leeds" else "I play the cello"
                val stored = assistant.remember(said, day, "chat 1", "line $place", Cancellation()) as Outcome.Stored
                assertEquals(day, checkNotNull(assistant.story(checkNotNull(stored.changes.first().memory))).turns.single().day)
            }
        }
        assertEquals(2, backend.forgetChat(File(folder, "memories.db"), "chat 1", withMemories = true).size)
    }

    private fun written(store: File) =
        folder.listFiles()!!.filter { it.name.startsWith(store.name) }.joinToString("") { it.readText(Charsets.ISO_8859_1) }

    @Test
    fun `a stopped answer frees the engine within one step`() {
        backend.open(neededBundle(), File(folder, "memories.db")).use { assistant ->
            assistant.remember("I live in Leeds", MONDAY, "chat 1", "line 1", Cancellation())
            val cancellation = Cancellation()
            var steps = 0
            assertThrows(CancellationException::class.java) {
                assistant.ask("Where do I live?", MONDAY, cancellation) {
                    steps++
                    cancellation.cancel()
                }
            }
            assertEquals(1, steps)
            assertTrue("Leeds" in assistant.ask("Where do I live?", MONDAY, Cancellation()) { }.text)
        }
    }

    private companion object {
        const val FULL = "too little memory is free: expected 400 MiB, got 12 MiB; close other apps and try again"
    }
}
