package org.memlora.decoding

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.intOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.errors.BundleException
import org.memlora.errors.ContractException
import org.memlora.errors.Reason
import org.memlora.files.sha256
import java.io.File
import java.util.Base64
import java.util.Random
import java.util.zip.InflaterInputStream

internal fun conformance(name: String): List<JsonObject> {
    val file = File(System.getProperty("memlora.house"), "tests/conformance/$name")
    return Json.parseToJsonElement(file.readText()).jsonArray.map { it.jsonObject }
}

internal fun checkWalks(grammar: Grammar, walks: JsonArray, where: String) {
    for (walk in walks.map { it.jsonObject }) {
        val budget = walk.getValue("budget").jsonPrimitive.intOrNull
        val tokens = walk.getValue("tokens").jsonArray.map { it.jsonPrimitive.int }
        var state = grammar.start
        for ((i, row) in walk.getValue("steps").jsonArray.withIndex()) {
            val left = budget?.let { it - i }
            val mask = grammar.mask(state, left)
            val legal = mask.indices.filter { mask[it] }
            val digest = sha256(legal.joinToString(",").toByteArray()).take(8)
            val got = listOf(legal.size, digest, grammar.forced(state, left), grammar.isAccepting(state), grammar.leastTokens(state))
            val (count, hash, forced, accepting, least) = row.jsonArray.map { it.jsonPrimitive }
            val expected = listOf(count.int, hash.content, forced.intOrNull, accepting.boolean, least.int)
            assertEquals(expected, got, "$where: step $i of $tokens")
            if (left != null) assertEquals(mask.toList(), mask.indices.map { grammar.allows(state, it, left) })
            if (i < tokens.size) state = grammar.advance(state, tokens[i])
        }
        assertEquals(grammar.isAccepting(state), grammar.accepts(tokens))
    }
}

class GrammarTest {
    private val files = conformance("grammars.json").associate { row ->
        val data = Base64.getDecoder().decode(row.getValue("zlib_base64").jsonPrimitive.content)
        row.getValue("name").jsonPrimitive.content to (InflaterInputStream(data.inputStream()).readBytes() to row)
    }

    @Test
    fun `walks are those of Python`() {
        assertEquals(setOf("extract", "select", "update", "vqa"), files.keys)
        for ((name, file) in files) checkWalks(parseGrammar(file.first), file.second.getValue("walks").jsonArray, name)
    }

    @Test
    fun `an illegal token is refused`() {
        val grammar = parseGrammar(files.getValue("update").first)
        for (token in listOf(-1, grammar.vocabSize, 0)) {
            assertThrows(ContractException::class.java) { grammar.advance(grammar.start, token) }
        }
    }

    /** Two states: token 1 goes on, token 2 ends. */
    private val small: ByteArray = "MLGR".toByteArray() + byteArrayOf(1, 0, 0, 0) + ByteArray(32) +
        byteArrayOf(3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0) + byteArrayOf(0, 0, 1, 0, 2, 0) +
        byteArrayOf(-1, -1, 0, 0, 1, 0, -1, -1, -1, -1, -1, -1) + byteArrayOf(1, 0, 0, 0) + byteArrayOf(0, 1)

    private fun patched(offset: Int, vararg values: Int) =
        small.copyOf().also { data -> values.forEachIndexed { i, value -> data[offset + i] = value.toByte() } }

    @Test
    fun `broken files are refused for the reason that Python gives`() {
        assertTrue(parseGrammar(small).accepts(listOf(1, 2)))
        val malformed = listOf(ByteArray(0), small.copyOf(small.size - 1), small + 0, patched(0, 0x4E), patched(4, 9), patched(6, 1))
        val invalid = listOf(
            patched(52, 7), patched(56, 9), patched(62, 9), patched(62, 0, 0, 0, 0), patched(74, 2), patched(79, 0), patched(78, 2),
        )
        for (data in malformed) {
            assertEquals(Reason.MALFORMED_BYTES, assertThrows(BundleException::class.java) { parseGrammar(data) }.reason)
        }
        for (data in invalid) {
            assertEquals(Reason.INVALID_VALUES, assertThrows(BundleException::class.java) { parseGrammar(data) }.reason)
        }
    }

    @Test
    fun `changed files are refused or lead to an end`() {
        val random = Random(20260705)
        val originals = files.values.map { it.first } + small
        var taken = 0
        repeat(4000) { round ->
            val data = changed(originals[random.nextInt(originals.size)], random)
            val grammar =
                try {
                    parseGrammar(data)
                } catch (_: BundleException) {
                    return@repeat
                }
            taken++
            assertTrue(ends(grammar, random), "round $round")
        }
        assertTrue(taken > 100, "$taken changed files were taken")
    }

    private fun changed(original: ByteArray, random: Random): ByteArray {
        val data = if (random.nextInt(8) == 0) original.copyOf(random.nextInt(original.size + 9)) else original.copyOf()
        repeat(1 + random.nextInt(3)) {
            if (data.isEmpty()) return@repeat
            val place = random.nextInt(if (random.nextBoolean()) minOf(data.size, 120) else data.size)
            data[place] = if (random.nextBoolean()) random.nextInt(256).toByte() else EDGES[random.nextInt(EDGES.size)]
        }
        return data
    }

    private fun ends(grammar: Grammar, random: Random): Boolean {
        var state = grammar.start
        var left = grammar.leastTokens(state) + random.nextInt(9)
        while (left > 0 && !grammar.ends(state)) {
            val mask = grammar.mask(state, left)
            val legal = mask.indices.filter { mask[it] }
            if (legal.isEmpty()) break
            state = grammar.advance(state, legal[random.nextInt(legal.size)])
            left--
        }
        return grammar.isAccepting(state)
    }

    private companion object {
        val EDGES = byteArrayOf(0, 1, 127, -128, -1)
    }
}
