package org.memlora.engine

import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.decoding.EngineSession
import org.memlora.decoding.generate
import org.memlora.engines.Engine
import org.memlora.engines.EngineContract
import org.memlora.engines.FakeEngine
import org.memlora.errors.BundleException
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation
import java.nio.file.Files
import java.nio.file.Path
import java.util.Random
import java.util.concurrent.CancellationException
import kotlin.concurrent.thread

/** Engines of one bundle, which share its session as in the app. */
abstract class OrtEngineContract(private val exact: Boolean) : EngineContract() {
    override val relativeError: Double = 3e-2 // sums in another order can tip an activation to the next int8 value

    protected fun open(operation: String, adapter: Boolean = true): Engine =
        OrtKind.openEngine(bundle.files(operation), shared, adapter, exact)

    override fun open(): Engine = open(bundle.operations[0])

    override fun openOther(): Engine = open(bundle.operations[1])

    companion object {
        internal val bundle by lazy { BundleFolder.given() }
        internal val shared = HashMap<String, Any>()

        @AfterAll
        @JvmStatic
        fun closeShared() {
            shared.values.filterIsInstance<AutoCloseable>().forEach(AutoCloseable::close)
            shared.clear()
        }
    }
}

class OrtEngineTest : OrtEngineContract(exact = false) {
    @Test
    fun `adapters one after another give what each gives alone`() {
        val names = bundle.operations + "base"
        fun logits(name: String) =
            open(if (name == "base") bundle.operations[0] else name, name != "base").use { it.feed(of(ids)) }
        val first = names.associateWith(::logits)
        for (name in names.reversed()) assertArrayEquals(first[name], logits(name), name)
        val rows = first.values.toList()
        for (i in rows.indices) for (j in 0 until i) assertFalse(rows[i].contentEquals(rows[j]))
    }

    @Test
    fun `missing parts are named`(@TempDir folder: Path) {
        val files = bundle.files(bundle.operations[0])
        fun refusal(of: () -> Unit) = assertThrows(BundleException::class.java) { of() }.message.orEmpty()
        assertTrue("no onnx program" in refusal { OrtKind.openEngine(files.copy(programs = emptyMap()), HashMap()) })
        assertTrue("no base without adapter" in refusal { OrtKind.openEngine(files.copy(adapter = null), HashMap(), adapter = false) })
        val broken = Files.write(folder.resolve("model.onnx"), "no graph".toByteArray())
        assertTrue("model.onnx" in refusal { OrtKind.openEngine(files.copy(programs = mapOf("onnx" to broken)), HashMap()) })
        val adapter = Files.write(folder.resolve("a.onnx_adapter"), ByteArray(100))
        assertTrue("a.onnx_adapter" in refusal { OrtKind.openEngine(files.copy(adapter = adapter), shared) })
    }
}

/** Lone tokens fed in pairs: every comparison of the contract is to the last bit. */
class OrtExactEngineTest : OrtEngineContract(exact = true) {
    @Test
    fun `it is exact here and others are not`() {
        assertTrue(engine.exactMultiToken)
        assertTrue(isExact(FakeEngine()))
        assertFalse(OrtKind.openEngine(bundle.files(bundle.operations[0]), shared).use(::isExact))
    }

    @Test
    fun `a cache that grows holds what it held`() {
        val tokens = List(700) { 3 + it * 7 % 90 }
        val whole = engine.feed(of(tokens)) // makes room for all of them at once
        engine.reset()
        open(bundle.operations[0]).use { growing ->
            var last = FloatArray(0)
            for (piece in tokens.chunked(50)) last = growing.feed(of(piece))
            assertArrayEquals(whole, last)
        }
    }

    @Test
    fun `drafts leave the tokens unchanged`() {
        val random = Random(7)
        var accepted = 0
        for (name in bundle.operations) {
            EngineSession(open(name)).use { session ->
                repeat(4) {
                    val half = List(4 + random.nextInt(26)) { 3 + random.nextInt(37) }
                    val prompt = listOf(Tokens(half + half))
                    val plain = generate(session, prompt, null, listOf(2), 30, drafts = false)
                    val drafted = generate(session, prompt, null, listOf(2), 30, drafts = true)
                    assertEquals(plain.tokens, drafted.tokens)
                    assertTrue(drafted.steps <= plain.steps)
                    accepted += drafted.accepted
                }
            }
        }
        assertTrue(accepted > 0)
    }

    @Test
    fun `a long feed is cancelled while it runs and the engine is free at once`() {
        val tokens = List(engine.contextLength - 8) { 3 + it % 90 }
        val cancellation = Cancellation()
        val asking = thread {
            Thread.sleep(40)
            cancellation.cancel()
        }
        assertThrows(CancellationException::class.java) { engine.feed(of(tokens), cancellation) }
        asking.join()
        assertEquals(0, engine.length)
        val after = engine.feed(of(ids))
        open(bundle.operations[0]).use { assertArrayEquals(it.feed(of(ids)), after) }
    }
}
