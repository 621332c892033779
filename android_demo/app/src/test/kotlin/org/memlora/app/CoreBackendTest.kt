package org.memlora.app

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.app.assistant.Outcome
import org.memlora.app.diagnostics.Measured
import org.memlora.app.library.CoreBackend
import org.memlora.errors.BundleException
import org.memlora.progress.Cancellation
import java.io.File

class CoreBackendTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a folder that is no bundle is refused in a sentence`() {
        val refused = assertThrows(BundleException::class.java) { CoreBackend.verifier.verify(folder) { } }
        assertTrue(refused.message!!.contains("manifest.json"), refused.message)
    }

    @Test
    fun `a real bundle is verified and shown`() {
        var hashed = 0L
        val contents = CoreBackend.verifier.verify(realBundle()) { hashed += it }
        assertEquals(contents.bytes, hashed)
        assertTrue("generate" in contents.operations)
        assertTrue("onnx" in contents.engines)
    }

    @Test
    fun `goldens of a real bundle are nearly all equal`() {
        val measured = mutableListOf<Measured>()
        CoreBackend.replay(realBundle(), Cancellation()) { measured += it }
        assertTrue(measured.isNotEmpty())
        for (row in measured) assertTrue(row.equal >= row.steps * 95 / 100 && row.tokensPerSecond > 0, "$row")
    }

    @Test
    fun `what is said is kept with its words, answers, is reworded and forgotten`() {
        CoreBackend.open(realBundle(), File(folder, "memories.db")).use { assistant ->
            val said = assistant.read("I live in Leeds").said
            val stored = assistant.remember(said, MONDAY, "line 1", Cancellation()) as Outcome.Stored
            val id = checkNotNull(stored.changes.first().memory)
            val told = mutableListOf<String>()
            val answer = assistant.ask("Where do I live?", MONDAY, Cancellation()) { told += it }
            assertTrue("Leeds" in answer.text, answer.text)
            assertEquals(answer.text, told.last())
            assertEquals(id, answer.sources.first().memory)
            assertEquals(Outcome.Nothing, assistant.remember(said, MONDAY, "line 1", Cancellation()))
            assistant.change(id, "I live in Hull")
            assertEquals(listOf("I live in Hull"), assistant.search("Hull", includePast = false).map { it.text })
            val story = checkNotNull(assistant.story(id))
            assertEquals(listOf("I live in Leeds"), story.turns.map { it.text })
            assertEquals(listOf("ADD", "UPDATE"), story.changes.map { it.event })
            assertEquals(setOf(id), assistant.forget(id))
            assertEquals(null, assistant.story(id))
            assistant.eraseEverything()
            assertEquals(emptyList<Any>(), assistant.memories(includePast = true))
        }
    }

    private fun realBundle(): File {
        val bundle = File(checkNotNull(System.getProperty("memlora.bundle")))
        assumeTrue(bundle.isDirectory, "no bundle in $bundle: export one there")
        return bundle
    }
}
