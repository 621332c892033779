package org.memlora.bundle

import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTimeoutPreemptively
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.BundleException
import org.memlora.errors.MemloraException
import org.memlora.files.JsonInteger
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.jsonText
import org.memlora.files.parseJson
import org.memlora.files.sha256
import org.memlora.programs.checkEmbedderGraph
import org.memlora.programs.checkProgram

/**
 * Changed bundles: nothing but a refusal comes out, in time; `-Dmemlora.mutations=100000` opens more, `-Dmemlora.seed=N` others.
 *
 * A changed file is entered with its new hash, so that its reader sees it and not only the hash.
 */
class MutationTest {
    private val seed = System.getProperty("memlora.seed")?.toLong() ?: 20_260_101L
    private val count = System.getProperty("memlora.mutations")?.toInt() ?: 2000

    @Test
    fun `changed bundles are opened or refused`(@TempDir place: Path) {
        val good = Corpus.bundles.resolve("y_packaged")
        val folder = place.resolve("bundle")
        copy(good, folder)
        val names = namesOf(good)
        val numbers = Random(seed)
        val refused = HashMap<String, Int>()
        assertTimeoutPreemptively(Duration.ofMillis(60_000L + 100L * count)) {
            repeat(count) { number ->
                val name = names[number % names.size]
                val data = changed(numbers, Files.readAllBytes(good.resolve(name)))
                Files.write(folder.resolve(name), data)
                if (numbers.nextInt(8) > 0) relist(good, folder, name, data)
                if (!isTaken(folder, name, number)) refused.merge(name, 1, Int::plus)
                for (touched in listOf(name, Manifest.FILE, Manifest.SEAL)) copy(good, folder, touched)
            }
        }
        Bundle.open(folder)
        assertTrue(refused.size > names.size / 2, "refused by file: $refused")
    }

    private fun isTaken(folder: Path, name: String, number: Int): Boolean =
        try {
            val bundle = Bundle.open(folder)
            bundle.operations.forEach { bundle.grammar(it) }
            if (name.endsWith(".pte")) checkProgram(folder.resolve(name))
            if (name.endsWith(".onnx")) checkEmbedderGraph(folder.resolve(name))
            true
        } catch (e: MemloraException) {
            assertEquals(BundleException::class.java, e.javaClass)
            assertTrue('\n' !in e.message!! && e.message!!.length < 1500, e.message)
            false
        } catch (e: Throwable) {
            throw AssertionError("seed $seed, change $number of $name", e)
        }

    /** Enters the changed file with its new size and hash, and seals the manifest. */
    private fun relist(good: Path, folder: Path, name: String, data: ByteArray) {
        if (name == Manifest.SEAL) return
        var text = Files.readAllBytes(folder.resolve(Manifest.FILE))
        if (name != Manifest.FILE) {
            val manifest = parseJson(Files.readAllBytes(good.resolve(Manifest.FILE)), Manifest.FILE) as JsonObject
            val entry = mapOf("sha256" to JsonString(sha256(data)), "size" to JsonInteger(data.size.toBigInteger()))
            val files = (manifest["files"] as JsonObject).entries + (name to JsonObject(entry))
            text = jsonText(JsonObject(manifest.entries + ("files" to JsonObject(files)))).toByteArray()
            Files.write(folder.resolve(Manifest.FILE), text)
        }
        Files.write(folder.resolve(Manifest.SEAL), "${sha256(text)}  ${Manifest.FILE}\n".toByteArray())
    }

    private fun namesOf(folder: Path): List<String> =
        Files.walk(folder).use { all ->
            all.filter(Files::isRegularFile).map { folder.relativize(it).toString() }.sorted().toList()
        }

    private fun copy(from: Path, to: Path) {
        for (name in namesOf(from)) {
            Files.createDirectories(to.resolve(name).parent)
            copy(from, to, name)
        }
    }

    private fun copy(from: Path, to: Path, name: String): Path =
        Files.write(to.resolve(name), Files.readAllBytes(from.resolve(name)))
}
