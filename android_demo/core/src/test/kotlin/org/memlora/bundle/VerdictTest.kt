package org.memlora.bundle

import java.nio.file.Files
import java.nio.file.Path
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import org.memlora.errors.BundleException
import org.memlora.files.JsonObject
import org.memlora.files.Record
import org.memlora.files.parseJson

/** Kotlin gives each bundle of the corpus the verdict that Python gives it: the reason's class and the file it names. */
class VerdictTest {
    private val sentence = Regex("[^\n]*expected [^\n]*(got|found) [^\n]*")

    @TestFactory
    fun verdicts(): List<DynamicTest> {
        val corpus = Corpus.bundles
        val verdicts = parseJson(Files.readAllBytes(corpus.resolve("verdicts.json")), "verdicts.json") as JsonObject
        assertTrue(verdicts.entries.keys.any { it.startsWith("y_") } && verdicts.entries.keys.any { it.startsWith("n_") })
        return verdicts.entries.map { (name, value) ->
            val verdict = Record.of(value, name, listOf("reason", "file"))
            DynamicTest.dynamicTest(name) { check(corpus.resolve(name), verdict.textOrNull("reason"), verdict.textOrNull("file")) }
        }
    }

    private fun check(folder: Path, reason: String?, file: String?) {
        val refusal =
            try {
                Bundle.open(folder)
                null
            } catch (e: BundleException) {
                e
            }
        assertEquals(reason, refusal?.reason?.words, refusal?.message)
        if (refusal == null) return
        assertTrue(file!! in refusal.message!!, refusal.message)
        assertTrue(sentence.matches(refusal.message!!), refusal.message)
    }
}
