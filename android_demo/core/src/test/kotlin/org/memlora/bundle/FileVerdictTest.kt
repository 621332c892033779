package org.memlora.bundle

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.Path
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.io.TempDir
import org.memlora.decoding.parseGrammar
import org.memlora.errors.BundleException
import org.memlora.files.JsonArray
import org.memlora.files.JsonNull
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.parseJson
import org.memlora.programs.checkEmbedderGraph
import org.memlora.programs.checkGraph
import org.memlora.programs.checkProgramBytes
import org.memlora.programs.checkVisionGraph
import org.memlora.programs.readGraph
import org.memlora.weights.checkWindows
import org.memlora.weights.parseAdapter
import org.memlora.weights.parseIndex
import org.memlora.weights.readTensors

/** Each reader takes and refuses, for the same reason, the changed files that Python's reader takes and refuses. */
class FileVerdictTest {
    @TempDir
    lateinit var place: Path

    private val readers: Map<String, (ByteArray) -> Any?> =
        mapOf(
            "manifest" to { data -> parseManifest(data).let { checkPaths(it); checkSizes(it) } },
            "index" to ::readIndex,
            "adapter" to { data -> parseAdapter(ByteBuffer.wrap(data), "x") },
            "grammar" to { data -> parseGrammar(data, "x") },
            "graph" to { data -> readGraph(ByteBuffer.wrap(data), "x") },
            "program" to { data -> checkProgramBytes(ByteBuffer.wrap(data), "x") },
            "model" to { data -> checkGraph(written(data), layers = 1, kvHeads = 2, headDim = 8, vocabSize = 16) },
            "embedder" to { data -> checkEmbedderGraph(written(data)) },
            "vision" to { data -> checkVisionGraph(written(data), side = 8, tokens = 3, hidden = 16) },
        )

    private fun readIndex(data: ByteArray) {
        val index = parseIndex(data)
        checkWindows(readTensors(index), index.size, data.size.toLong(), "base.index.json")
    }

    private fun written(data: ByteArray): Path = Files.write(place.resolve("file"), data)

    @TestFactory
    fun verdicts(): List<DynamicTest> {
        val folder = Corpus.files
        val verdicts = parseJson(Files.readAllBytes(folder.resolve("verdicts.json")), "verdicts.json") as JsonObject
        val byReader = (verdicts["readers"] as JsonObject).entries
        assertEquals(readers.keys, byReader.keys)
        return byReader.map { (reader, wanted) ->
            DynamicTest.dynamicTest(reader) {
                val reasons = (wanted as JsonArray).items.map { if (it == JsonNull) null else (it as JsonString).value }
                check(readers.getValue(reader), packed(folder.resolve("$reader.bin")), reasons)
            }
        }
    }

    private fun check(read: (ByteArray) -> Any?, files: List<ByteArray>, reasons: List<String?>) {
        assertEquals(reasons.size, files.size)
        assertTrue(reasons.any { it == null } && reasons.any { it != null })
        files.zip(reasons).forEachIndexed { number, (data, reason) ->
            val refusal =
                try {
                    read(data)
                    null
                } catch (e: BundleException) {
                    e
                }
            assertEquals(reason, refusal?.reason?.words) { "file $number of ${data.size} bytes: ${refusal?.message}" }
        }
    }

    private fun packed(path: Path): List<ByteArray> {
        val bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN)
        return generateSequence { if (bytes.hasRemaining()) ByteArray(bytes.getInt()).also(bytes::get) else null }.toList()
    }
}
