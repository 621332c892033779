package org.memlora.text

import java.io.File
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** What `tests/tokenizers/goldens.py` wrote in [folder] of the tokenizer [name], against its table. */
class TokenizerReplay(folder: File, val name: String) {
    val tokenizer = Tokenizer.open(File(folder, "tables/$name.bin").readBytes())
    private val lines = File(folder, "texts/$name.jsonl")
    val differences = ArrayList<String>()
    var rows = 0
        private set

    /** Compares every line; what differs stands in [differences]. */
    fun run(): TokenizerReplay {
        lines.useLines(Charsets.UTF_8) { all ->
            all.forEachIndexed { i, line ->
                val value = Json.parseToJsonElement(line)
                if (i == 0) facts(value.jsonObject) else row(value.jsonArray)
            }
        }
        return this
    }

    private fun facts(value: JsonObject) {
        compare("sha256", value.getValue("sha256").jsonPrimitive.content, tokenizer.sha256)
        compare("vocabSize", value.getValue("vocab_size").jsonPrimitive.int, tokenizer.vocabSize)
        compare("specialIds", ids(value.getValue("special_ids")), tokenizer.specialIds.sorted())
        value.getValue("bytes").jsonArray.forEachIndexed { id, hex ->
            val bytes = tokenizer.tokenBytes(id)?.joinToString("") { "%02x".format(it) }
            compare("tokenBytes($id)", if (hex is JsonNull) null else hex.jsonPrimitive.content, bytes)
        }
        val plain = value.getValue("plain").jsonArray.map { it.jsonPrimitive.content }
        compare("plainTokensFrom", plain, tokenizer.plainTokensFrom(tokenizer.vocabSize - LAST))
        for ((text, id) in value.getValue("ids").jsonObject) {
            compare("idOf($text)", id.jsonPrimitive.int, tokenizer.idOf(text))
        }
    }

    private fun row(row: JsonArray) {
        rows++
        val text = row[0].jsonPrimitive.content
        val expected = ids(row[1])
        val special = if (row[2] is JsonNull) expected else ids(row[2])
        compare("encode($text)", expected, tokenizer.encode(text).toList())
        compare("encode($text, specials)", special, tokenizer.encode(text, true).toList())
        if (row[3] !is JsonNull) {
            compare("encodeFramed($text)", ids(row[3]), tokenizer.encodeFramed(text, FRAMED).toList())
        }
        val odd = ids(row[5])
        if (row[6] is JsonNull) return
        val decoded = if (row[4] is JsonNull) text else row[4].jsonPrimitive.content
        compare("decode($expected)", decoded, tokenizer.decode(expected.toIntArray()))
        compare("decode($odd)", row[6].jsonPrimitive.content, tokenizer.decode(odd.toIntArray()))
        compare("settled($odd)", row[7].jsonPrimitive.content, tokenizer.settled(odd.toIntArray()))
    }

    private fun ids(value: JsonElement) = value.jsonArray.map { it.jsonPrimitive.int }

    private fun compare(what: String, expected: Any?, got: Any?) {
        if (expected != got) differences.add("$name: $what: expected $expected, got $got")
    }

    companion object {
        private const val FRAMED = 24
        private const val LAST = 12

        /** One for each tokenizer in [folder]. */
        fun all(folder: File): List<TokenizerReplay> =
            File(folder, "texts").list().orEmpty().sorted().map { TokenizerReplay(folder, it.removeSuffix(".jsonl")) }
    }
}
