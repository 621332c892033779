package org.memlora.memory

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.files.JsonBoolean
import org.memlora.files.JsonInteger
import org.memlora.operations.MemoryEvent
import org.memlora.operations.Message
import org.memlora.operations.UnparsableException
import org.memlora.progress.Cancellation
import org.memlora.store.Store
import java.io.File
import java.math.BigInteger
import java.time.LocalDate
import java.util.concurrent.CancellationException

class MemoryTest {
    @TempDir
    lateinit var folder: File
    private val opened = ArrayList<Memory>()
    private val day = LocalDate.of(2026, 5, 1)

    private fun memory(script: Script = Script()): Memory {
        val embedder = WordEmbedder()
        val store = Store(File(folder, "${opened.size}.db"), BundledSQLiteDriver(), embedder)
        return Memory(script, embedder, store).also { opened += it }
    }

    @AfterEach
    fun close() = opened.forEach { it.close() }

    private fun Memory.texts(user: String = "ana") = getAll(user).map { it.text }

    @Test
    fun `a fact is stored once, with its turns, and found again`() {
        val memory = memory()
        val stored = memory.add("*I live in Kluvo.* Bye!", "ana", day)
        assertEquals(Stored(listOf(Applied(1, "I live in Kluvo.", "ADD"))), stored)
        assertEquals(Empty("this exchange was stored before"), memory.add("*I live in Kluvo.* Bye!", "ana", day))
        assertEquals(listOf("I live in Kluvo."), memory.texts())
        assertEquals("I live in Kluvo.", memory.search("Kluvo", "ana").single().memory.text)
        assertEquals(listOf("*I live in Kluvo.* Bye!"), memory.store.provenance("ana", 1).map { it.text })
        assertEquals(emptyList<String>(), memory.texts("tom"))
    }

    @Test
    fun `a session is forgotten, its idle words first`() {
        val memory = memory()
        for ((text, session) in listOf("*Ana sings.*" to "one", "Hm" to "one", "*Ana hums.*" to "two")) {
            memory.add(listOf(Message("user", "", text)), "ana", day, session)
        }
        memory.forgetSession("one", "ana", withMemories = false)
        assertEquals(listOf("*Ana sings.*", "*Ana hums.*"), memory.store.turns("ana").map { it.text })
        memory.forgetSession("one", "ana")
        assertEquals(listOf("Ana hums."), memory.texts())
        assertThrows<ConfigException> { memory.forgetSession("one", "ana") }
    }

    @Test
    fun `a newer statement supersedes, and an undo takes it back`() {
        val memory =
            memory(Script(update = { given -> listOf(MemoryEvent("0", given.facts[0], "UPDATE")) }))
        memory.add("*The user lives in Kluvo.*", "ana", day)
        memory.add("*The user lives in Paris.*", "ana", day.plusDays(1))
        assertEquals(listOf("The user lives in Paris."), memory.texts())
        assertEquals(listOf("ADD", "ADD", "SUPERSEDE"), memory.history(2, "ana").map { it.event })
        assertEquals(2, memory.search("lives", "ana", includePast = true).size)
        assertEquals(listOf(1L), memory.undo("ana").restored)
        assertEquals(listOf("The user lives in Kluvo."), memory.texts())
    }

    @Test
    fun `a model that gives nothing loses nothing`() {
        val memory = memory(Script(extract = { throw UnparsableException("expected  JSON,\n got 'sorry'") }))
        assertEquals(Failed("expected JSON, got 'sorry'"), memory.add("I live in Kluvo.", "ana", day))
        assertEquals(listOf("I live in Kluvo."), memory.store.turns("ana").map { it.text })
        val deleting = memory(Script(update = { listOf(MemoryEvent("7", "", "DELETE"), MemoryEvent("x", "y", "UPDATE")) }))
        deleting.add("*I live in Kluvo.*", "ana", day)
        deleting.add("*I have a red bike.*", "ana", day)
        assertEquals(listOf("I live in Kluvo.", "I have a red bike."), deleting.texts())
    }

    @Test
    fun `a cancelled add keeps the raw turns and can be tried again`() {
        val memory = memory()
        val cancellation = Cancellation().also { it.cancel() }
        assertThrows<CancellationException> {
            memory.add(listOf(Message("user", "", "*I live in Kluvo.*")), "ana", day, cancellation = cancellation)
        }
        assertEquals(listOf("*I live in Kluvo.*"), memory.store.turns("ana").map { it.text })
        assertTrue(memory.add("*I live in Kluvo.*", "ana", day) is Stored)
    }

    @Test
    fun `marked sentences of one message stand together, four at most`() {
        val memory = memory(Script(select = { given -> (1..given.messages[0].text.count { it == '.' }).toList() }))
        memory.add("A cat. A dog. A cow. A hen. A pig.", "ana")
        assertEquals(listOf("A cat. A dog. A cow. A hen.", "A pig."), memory.texts())
    }

    @Test
    fun `an answer tells what it used, in pieces where asked, and ends when it is told to`() {
        val memory = memory(Script(select = { listOf(1) }, generate = { "Kluvo" }))
        memory.add("I live in Kluvo.", "ana", day)
        val answer = memory.ask("Where do I live?", "ana")
        assertEquals("Kluvo" to listOf(1L), answer.text to answer.used.map { it.turn.id })
        AnswerStream { cancellation, onText -> memory.ask("Where?", "ana", cancellation = cancellation, onText = onText) }.use { stream ->
            assertThrows<ContractException> { stream.answer }
            assertEquals("Kluvo", stream.asSequence().joinToString(""))
            assertEquals("Kluvo", stream.answer.text)
        }
        assertEquals("Kl", memory.ask("Where?", "ana", onText = { it.length < 2 }).text)
        assertThrows<ConfigException> { memory.ask(" \n", "ana") }
    }

    @Test
    fun `what ask throws comes to the reader of a stream`() {
        val memory = memory()
        val stream = AnswerStream { cancellation, onText -> memory.ask("", "ana", cancellation = cancellation, onText = onText) }
        assertThrows<ConfigException> { stream.hasNext() }
    }

    @Test
    fun `labels filter, and go with what is deleted`() {
        val memory = memory()
        val labels = readLabels("kitchen", metadata = mapOf("floor" to JsonInteger(BigInteger.ONE), "kept" to JsonBoolean(true)))
        memory.add(listOf(Message("user", "", "The key is here.")), "ana", labels = labels, infer = false)
        memory.add(listOf(Message("user", "", "The bike is there.")), "ana", infer = false)
        val filters = Filters(readLabels(metadata = mapOf("floor" to JsonInteger(BigInteger.ONE))))
        assertEquals(listOf("The key is here."), memory.getAll("ana", filters).map { it.text })
        assertEquals(listOf("The key is here."), memory.search("here there", "ana", filters = filters).map { it.memory.text })
        assertEquals(emptyList<Any>(), memory.getAll("ana", Filters(readLabels(metadata = mapOf("floor" to JsonBoolean(true))))))
        memory.deleteAll("ana", filters)
        assertEquals(listOf("The bike is there."), memory.texts())
        assertThrows<ConfigException> { readLabels("") }
    }

    @Test
    fun `an id of another user is unknown`() {
        val memory = memory()
        memory.add("*I live in Kluvo.*", "ana", day)
        assertThrows<ConfigException> { memory.get(1, "tom") }
        assertThrows<ConfigException> { memory.update(1, "Other words.", "tom") }
        assertThrows<ConfigException> { memory.delete(1, "tom") }
        assertThrows<ConfigException> { memory.history(1, "tom") }
        memory.update(1, "I live in old Kluvo.", "ana")
        assertEquals("I live in old Kluvo.", memory.get(1, "ana").text)
        memory.update(1, "I live in Old Kluvo!", "ana")
        assertEquals("I live in Old Kluvo!", memory.get(1, "ana").text)
        memory.delete(1, "ana")
        assertEquals(emptyList<String>(), memory.texts())
    }
}
