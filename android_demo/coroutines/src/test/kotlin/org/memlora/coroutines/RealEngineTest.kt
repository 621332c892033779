package org.memlora.coroutines

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.engine.OrtKind
import org.memlora.memory.Stored
import org.memlora.needs.neededBundle
import java.io.File
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

private const val QUESTION = "Where do I live?"

/** Over ONNX Runtime: what it runs ends when the coroutine is cancelled, and it answers the same afterwards. */
class RealEngineTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `an answer that is cancelled at any moment leaves the engine as it was`() =
        runBlocking {
            val memory = SuspendingMemory.open(neededBundle(), File(folder, "a.db"), OrtKind, BundledSQLiteDriver())
            try {
                assertTrue(memory.add("I live in Leeds", "ana") is Stored)
                val whole = memory.ask(QUESTION, "ana").text
                assertTrue("Leeds" in whole, whole)
                val pieces = memory.answer(QUESTION, "ana").toList()
                assertEquals(whole, pieces.filterIsInstance<AnswerPiece.Text>().joinToString("") { it.text })
                assertEquals(whole, (pieces.last() as AnswerPiece.Whole).answer.text)
                val first = memory.answer(QUESTION, "ana").filterIsInstance<AnswerPiece.Text>().first()
                assertTrue(whole.startsWith(first.text))
                val took = measureTime { memory.ask(QUESTION, "ana") }
                for (part in 0..2) {
                    val asking = launch(Dispatchers.Default) { memory.ask(QUESTION, "ana") }
                    delay(took * part / 2)
                    asking.cancelAndJoin()
                    assertEquals(whole, memory.ask(QUESTION, "ana").text)
                }
                val text = List(20) { "On day $it I bought a book about hens and read it in the garden." }.joinToString(" ")
                val adding = launch(Dispatchers.Default) { memory.add(text, "ben") }
                delay(300.milliseconds)
                val ended = measureTime { adding.cancelAndJoin() }
                println("an answer took $took, a cancelled statement of ${text.length} letters ended after $ended")
                assertEquals(whole, memory.ask(QUESTION, "ana").text)
            } finally {
                memory.close()
            }
        }
}
