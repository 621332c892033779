package org.memlora.engine.executorch

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.engines.Engine
import org.memlora.engines.EngineContract
import org.memlora.engines.EngineFiles
import org.memlora.errors.BundleException
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.errors.MemloraException
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CancellationException

/** The engine over ExecuTorch's real values and a program that checks every one of them; its natives are on no JVM. */
class ExecuTorchEngineTest : EngineContract() {
    @TempDir
    lateinit var folder: Path

    private val programs = ArrayList<FakeProgram>()

    override fun open(): Engine = open("generate")

    override fun openOther(): Engine = open("select")

    private fun open(operation: String, make: (String) -> FakeProgram = ::FakeProgram): Engine =
        kind(make).openEngine(files(operation), HashMap())

    private fun kind(make: (String) -> FakeProgram) =
        ExecuTorchKind({}) { program, _, _ -> make("${program.fileName}").also { programs += it } }

    private fun files(operation: String): EngineFiles {
        val (program, data) = written("$operation.pte") to written("base.ptd")
        return EngineFiles(operation, mapOf("executorch" to program), null, data, "b".repeat(64), operation, VOCABULARY, CONTEXT, 2, 1, 8)
    }

    private fun written(name: String): Path = Files.write(folder.resolve(name), ByteArray(8))

    @Test
    fun `a long feed is cut where tokens or rows run out`() {
        engine.feed(of(List(12) { it }))
        assertEquals(listOf(5, 5, 2), programs.last().calls)
        engine.reset()
        programs.last().calls.clear()
        assertEquals(7, engine.feedAll(of(List(7) { it })).size)
        assertEquals(listOf(3, 3, 1), programs.last().calls)
    }

    @Test
    fun `a call that fails is told in a sentence, changes nothing, and the engine goes on`() {
        val expected = engine.feed(of(ids))
        engine.rewind(4)
        val program = programs.last()
        program.failing += program.calls.size
        val refusal = assertThrows(BundleException::class.java) { engine.feed(of(ids.drop(4))) }
        assertEquals("cannot run generate.pte: expected ExecuTorch to take it, got Execution failed for method: forward; export the bundle again", refusal.message)
        assertEquals(4, engine.length)
        assertArrayEquals(expected, engine.feed(of(ids.drop(4))))
    }

    @Test
    fun `every call of a feed may fail`() {
        val expected = engine.feed(of(List(20) { it }))
        val program = programs.last()
        for (call in 0 until 4) {
            engine.reset()
            program.failing.clear()
            program.failing += program.calls.size + call
            assertThrows(BundleException::class.java) { engine.feed(of(List(20) { it })) }
            assertEquals(0, engine.length)
        }
        assertArrayEquals(expected, engine.feed(of(List(20) { it })))
    }

    @Test
    fun `a cancellation is seen between two calls`() {
        val cancellation = Cancellation()
        val program = FakeProgram("x")
        val stopping = object : ExecuTorchProgram by program {
            override fun forward(vararg inputs: org.pytorch.executorch.EValue) = program.forward(*inputs).also { cancellation.cancel() }
        }
        ExecuTorchKind({}) { _, _, _ -> stopping }.openEngine(files("generate"), HashMap()).use { stopped ->
            assertThrows(CancellationException::class.java) { stopped.feed(listOf(Tokens(List(20) { it })), cancellation) }
            assertEquals(listOf(5) to 0, program.calls to stopped.length)
        }
    }

    @Test
    fun `a program that does not fit is refused and closed`() {
        val limits = mapOf("seq_len" to 5L, "context_len" to CONTEXT.toLong(), "logit_rows" to 3L)
        val wrong: Map<String, (String) -> FakeProgram> = mapOf(
            "expected a context of 96, got 95" to { FakeProgram(it, constants = limits + ("context_len" to 95L)) },
            "got 0 and 3" to { FakeProgram(it, constants = limits + ("seq_len" to 0L)) },
            "none called __et_training_gradients_index_forward" to { FakeProgram(it, methods = setOf(FORWARD)) },
        )
        for ((end, make) in wrong) {
            val refusal = assertThrows(BundleException::class.java) { open("generate", make) }
            assertTrue(end in refusal.message!!, refusal.message)
            assertTrue(programs.last().isClosed)
        }
        open("generate") { FakeProgram(it, vocabulary = 63) }.use { other ->
            val refusal = assertThrows(BundleException::class.java) { other.feed(of(1)) }
            assertTrue("expected logits of [1, 1, 64], got [1, 1, 63]" in refusal.message!!, refusal.message)
        }
    }

    @Test
    fun `what is missing is named`() {
        val files = files("generate")
        fun refusal(files: EngineFiles, adapter: Boolean = true) =
            assertThrows(MemloraException::class.java) { kind(::FakeProgram).openEngine(files, HashMap(), adapter) }.message!!
        assertTrue("no executorch program" in refusal(files.copy(programs = emptyMap())))
        assertTrue("no base without adapter" in refusal(files, adapter = false))
        assertTrue("wrong program none.ptd: expected a file, got none" in refusal(files.copy(base = folder.resolve("none.ptd"))))
        val broken = Files.write(folder.resolve("broken.pte"), ByteArray(80))
        val checked = ExecuTorchKind()
        assertThrows(BundleException::class.java) { checked.openEngine(files.copy(programs = mapOf("executorch" to broken)), HashMap()) }
            .also { assertTrue("malformed program broken.pte" in it.message!!, it.message) }
    }

    @Test
    fun `without its natives the official classes are refused in a sentence`() {
        val refusal = assertThrows(ConfigException::class.java) { ExecuTorchKind({}, OfficialLoader).openEngine(files("generate"), HashMap()) }
        assertTrue(refusal.message!!.startsWith("no ExecuTorch: expected the app to bring"), refusal.message)
    }

    @Test
    fun `an embedder gives its vector and is held to its length`() {
        val program = FakeEmbedder()
        ExecuTorchKind({}) { _, data, _ -> program.also { assertEquals(null, data) } }.openEmbedder(written("embed.pte"), 4).use { embed ->
            assertArrayEquals(floatArrayOf(6f, 3f), embed.run(longArrayOf(1, 2, 3)))
            assertThrows(ContractException::class.java) { embed.run(LongArray(5)) }
            program.isFlat = true
            assertTrue("wrong embedder embed.pte" in assertThrows(BundleException::class.java) { embed.run(longArrayOf(1)) }.message!!)
        }
        assertFalse(program.isOpen)
    }
}
