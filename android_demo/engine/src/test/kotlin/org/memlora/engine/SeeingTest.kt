package org.memlora.engine

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.bundle.Bundle
import org.memlora.bundle.Experts
import org.memlora.bundle.Pictures
import org.memlora.bundle.Watch
import org.memlora.bundle.openImageEncoder
import org.memlora.decoding.Decoded
import org.memlora.engines.Engine
import org.memlora.engines.EngineContract
import org.memlora.errors.BundleException
import org.memlora.errors.ContractException
import org.memlora.images.Pixels
import org.memlora.images.source
import org.memlora.needs.neededSeeing
import org.memlora.operations.VQA
import org.memlora.operations.VqaInput
import org.memlora.parts.Embeddings
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.weights.readSafetensors
import java.io.File
import kotlin.math.sqrt

private const val QUESTION = "What colour is the boat?"
private val SOURCES =
    listOf(source("noise", 1, 8, 8), source("gradient", 2, 160, 90), source("blocks", 3, 31, 64), source("noise", 4, 512, 3))

/** What Python made of the bundle that `make judged` exports: rows and tokens are the same to the last bit. */
class SeeingTest {
    private val folder = neededSeeing()
    private val bundle = Bundle.open(File(folder, "bundle").toPath())
    private val rows = readSafetensors(File(folder, "rows.safetensors").toPath()).getValue("rows")
    private val each = (rows.shape[1] * rows.shape[2]).toInt()

    private fun rowsOf(picture: Int) = rows.floats().copyOfRange(picture * each, (picture + 1) * each)

    @Test
    fun `an encoder makes the rows that Python's makes`() {
        checkNotNull(openImageEncoder(bundle, OrtKind)).use { encoder ->
            SOURCES.forEachIndexed { number, pixels ->
                val made = encoder.encode(pixels)
                assertArrayEquals(rowsOf(number), made.rows)
                assertEquals(rows.shape[1].toInt(), made.count)
            }
            assertEquals(64, encoder.identity.length)
        }
    }

    @Test
    fun `an expert says the tokens about a picture that Python's says`() {
        val wanted = Json.parseToJsonElement(File(folder, "said.json").readText()).jsonArray
        val heard = Heard()
        Experts(bundle, OrtKind, heard, Pictures { Embeddings(rowsOf(it.toInt()), rows.shape[2].toInt()) }).use { experts ->
            for (picture in SOURCES.indices) experts.run(VQA, VqaInput("$picture", QUESTION))
            experts.run(VQA, VqaInput("0", QUESTION))
            assertTrue(experts.fits(VQA, VqaInput("0", QUESTION)))
        }
        val tokens = wanted.map { said -> said.jsonArray.map { it.jsonPrimitive.int } }
        assertEquals(tokens + listOf(tokens[0]), heard.tokens)
        assertTrue(tokens.distinct().size > 1, "every picture gets the same answer")
    }

    @Test
    fun `what cannot be seen is a sentence`() {
        Experts(bundle, OrtKind).use { blind ->
            val refusal = assertThrows(ContractException::class.java) { blind.run(VQA, VqaInput("one", QUESTION)) }
            assertTrue("no rows of the picture 'one'" in refusal.message.orEmpty())
        }
        val graph = bundle.path.resolve("vision.onnx")
        assertThrows(BundleException::class.java) { OrtKind.openVision(graph, 9, 3, each / 3) }
        assertThrows(BundleException::class.java) { OrtKind.openVision(bundle.path.resolve("model.onnx"), 8, 3, each / 3) }
    }

    @Test
    fun `the shipped eye makes the rows that torch made`() {
        val expert = File(System.getProperty("memlora.house"), "models/memlora-vision/adapters/vqa")
        val proof = readSafetensors(File(expert, "vision.safetensors").toPath())
        val (pixels, wanted) = proof.getValue("pixels") to proof.getValue("rows")
        val (count, side) = pixels.shape.map { it.toInt() }
        val (tokens, hidden) = wanted.shape.drop(1).map { it.toInt() }
        OrtKind.openVision(File(expert, "vision.onnx").toPath(), side, tokens, hidden).use { program ->
            for (picture in 0 until count) {
                val bytes = side * side * 3
                val made = program.run(Pixels(side, side, pixels.bytes().copyOfRange(picture * bytes, (picture + 1) * bytes)))
                val right = wanted.floats().copyOfRange(picture * tokens * hidden, (picture + 1) * tokens * hidden)
                val apart = made.indices.sumOf { (made[it] - right[it]).toDouble().let { d -> d * d } }
                assertTrue(sqrt(apart) <= 0.02 * sqrt(right.sumOf { it.toDouble() * it }), "picture $picture")
            }
        }
    }
}

private class Heard : Watch {
    val tokens = ArrayList<List<Int>>()

    override fun opened(operation: String, engine: Engine): Engine = engine

    override fun decoded(operation: String, prompt: List<Part>, decoded: Decoded) {
        tokens += decoded.tokens
    }
}

/** An engine that takes rows keeps the contract with them too. */
class OrtSeeingEngineTest : EngineContract() {
    override val relativeError: Double = 3e-2

    private fun open(operation: String) = OrtKind.openEngine(bundle.engineFiles(operation), shared, exact = true)

    override fun open(): Engine = open("vqa")

    override fun openOther(): Engine = open("extract")

    private fun seen(seed: Int, count: Int) =
        Embeddings(FloatArray(count * engine.embeddingWidth) { (it * 31 + seed) % 7 / 3f - 1 }, engine.embeddingWidth)

    @Test
    fun `rows hold a place each, alone, among tokens and in pieces`() {
        val fed = of(5, 6) + seen(1, 4) + of(7) + seen(2, 1) + of(8)
        val whole = engine.feedAll(fed)
        assertEquals(9, whole.size)
        engine.reset()
        val cut = fed.flatMap { engine.feedAll(listOf(it)) }
        for (place in whole.indices) assertSame(engine, whole[place], cut[place])
        engine.reset()
        assertFalse(whole.last().contentEquals(engine.feed(of(5, 6) + seen(3, 4) + of(7) + seen(2, 1) + of(8))))
    }

    @Test
    fun `more rows than a call takes`() {
        val fed = listOf(Tokens(List(200) { 3 + it % 90 }), seen(4, 150), Tokens(9))
        val whole = engine.feed(fed)
        engine.reset()
        engine.feed(fed.take(1))
        engine.feed(fed.subList(1, 2))
        assertSame(engine, whole, engine.feed(of(9)))
    }

    companion object {
        private val bundle by lazy { Bundle.open(File(neededSeeing(), "bundle").toPath()) }
        private val shared = HashMap<String, Any>()

        @AfterAll
        @JvmStatic
        fun closeShared() {
            shared.values.filterIsInstance<AutoCloseable>().forEach(AutoCloseable::close)
            shared.clear()
        }
    }
}
