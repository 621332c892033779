package org.memlora.coroutines

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.BundleException
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.errors.Reason
import org.memlora.memory.Memory
import org.memlora.memory.Stored
import org.memlora.memory.WordEmbedder
import org.memlora.store.Store
import java.io.File
import java.util.concurrent.Executors
import kotlin.time.Duration.Companion.milliseconds

private const val NEVER = -1
private const val ANSWER = "Zo\u00eb \ud83d\ude00\ud83d\ude80 \ud834\udd1e Kluvo"

class SuspendingMemoryTest {
    @TempDir
    lateinit var folder: File
    private val workers = Executors.newFixedThreadPool(2) { Thread(it, "worker") }
    private val dispatcher = workers.asCoroutineDispatcher()
    private var opened: Memory? = null

    /** What writes, and the memory over it; feed [hanging] of an answer waits for its cancellation. */
    private fun memory(hanging: Int = NEVER): Pair<SlowWriter, SuspendingMemory> {
        val writer = SlowWriter(SlowEngine(hanging), ANSWER)
        val embedder = WordEmbedder()
        val memory = Memory(writer, embedder, Store(File(folder, "a.db"), BundledSQLiteDriver(), embedder)).also { opened = it }
        return writer to SuspendingMemory(memory, dispatcher)
    }

    @AfterEach
    fun close() {
        opened?.close()
        dispatcher.close()
    }

    @Test
    fun `work is done by the dispatcher that was given`() =
        runBlocking {
            val (writer, memory) = memory()
            assertTrue(memory.add("I live in Kluvo.", "ana") is Stored)
            assertTrue(writer.thread.startsWith("worker"), writer.thread)
            val id = memory.search("Kluvo", "ana").single().memory.id
            assertEquals(listOf("I live in Kluvo."), memory.searchTurns("Kluvo", "ana").map { it.text })
            memory.update(id, "I live in Paris.", "ana")
            assertEquals(listOf("ADD", "UPDATE"), memory.history(id, "ana").map { it.event })
            assertEquals(memory.getAll("ana").single(), memory.get(id, "ana"))
            memory.delete(id, "ana")
            assertEquals(emptyList<Any>(), memory.getAll("ana"))
        }

    @Test
    fun `a dispatcher of virtual time serves a test`() =
        runTest {
            val memory = SuspendingMemory(memory().second.memory, StandardTestDispatcher(testScheduler))
            val answer = async { memory.ask("Where?", "ana") }
            assertEquals(ANSWER, answer.await().text)
        }

    @Test
    fun `cancelling reaches the feed that runs, and the engine is free when the coroutine has ended`() =
        runBlocking {
            val (writer, memory) = memory(hanging = 3)
            val asking = launch(Dispatchers.Default) { memory.ask("Where?", "ana") }
            writer.engine.began.await()
            asking.cancelAndJoin()
            assertEquals(3, writer.engine.length)
            assertEquals(ANSWER, memory.ask("Where?", "ana").text)
        }

    @Test
    fun `one who waits for the model is cancelled while another one's answer goes on`() =
        runBlocking {
            val (writer, memory) = memory(hanging = 0)
            val first = launch(Dispatchers.Default) { memory.ask("Where?", "ana") }
            writer.engine.began.await()
            val second = launch(start = CoroutineStart.UNDISPATCHED) { memory.ask("Who?", "ana") }
            delay(60.milliseconds)
            second.cancelAndJoin()
            assertEquals(1 to true, writer.answers to first.isActive)
            first.cancelAndJoin()
        }

    @Test
    fun `a flow asks anew for each collector, and its pieces are whole characters of the answer`() =
        runBlocking {
            val (writer, memory) = memory()
            val flow = memory.answer("Where?", "ana")
            assertEquals(0, writer.answers)
            repeat(2) {
                val pieces = flow.onEach { delay(1.milliseconds) }.toList()
                val texts = pieces.dropLast(1).map { (it as AnswerPiece.Text).text }
                assertEquals(ANSWER, texts.joinToString(""))
                assertTrue(texts.size > 5 && texts.none { it.first().isLowSurrogate() || it.last().isHighSurrogate() }, "$texts")
                assertEquals(ANSWER, (pieces.last() as AnswerPiece.Whole).answer.text)
            }
            assertEquals(2, writer.answers)
        }

    @Test
    fun `a collector who goes away ends the writing`() =
        runBlocking {
            val (writer, memory) = memory(hanging = 4)
            val pieces = memory.answer("Where?", "ana").onEach { writer.engine.began.await() }
            assertEquals(AnswerPiece.Text("Z"), pieces.first())
            assertEquals(4, writer.engine.length)
            assertEquals(ANSWER, memory.ask("Where?", "ana").text)
        }

    @Test
    fun `errors are core's`() {
        val (_, memory) = memory()
        assertThrows<ConfigException> { runBlocking { memory.ask(" ", "ana") } }
        assertThrows<ConfigException> { runBlocking { memory.answer(" ", "ana").toList() } }
        assertThrows<ConfigException> { runBlocking { memory.get(7, "ana") } }
        val refused = assertThrows<BundleException> {
            runBlocking { SuspendingMemory.open(folder, File(folder, "b.db"), NoKind, BundledSQLiteDriver(), dispatcher) }
        }
        assertEquals(Reason.UNLINKABLE_PARTS, refused.reason)
    }

    @Test
    fun `closing waits for the answer that runs, and refuses the next`() {
        val (writer, memory) = memory(hanging = 2)
        runBlocking {
            val asking = launch(Dispatchers.Default) { memory.ask("Where?", "ana") }
            writer.engine.began.await()
            val closing = launch(start = CoroutineStart.UNDISPATCHED) { memory.close() }
            delay(60.milliseconds)
            assertTrue(closing.isActive)
            asking.cancelAndJoin()
            closing.join()
        }
        opened = null
        assertThrows<ContractException> { runBlocking { memory.search("Where", "ana") } }
    }
}
