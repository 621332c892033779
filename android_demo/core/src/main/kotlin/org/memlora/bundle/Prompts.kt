package org.memlora.bundle

import java.nio.file.Path
import org.memlora.files.JsonObject
import org.memlora.files.Limits
import org.memlora.files.Record
import org.memlora.files.parseJson
import org.memlora.files.Saturating
import org.memlora.files.readBytes
import org.memlora.operations.OperationPrompt
import org.memlora.text.Tokenizer

private val KEYS =
    listOf("system", "prefix", "suffix", "prefix_tokens", "suffix_tokens", "stop_tokens") +
        listOf("max_new_tokens", "max_input_tokens", "retrieve_k")

/**
 * The prompts of `operations.json`, one for each operation, with the tokens that [tokenizer] gives where there is one.
 *
 * Throws [org.memlora.errors.BundleException], and [java.io.IOException] where the file cannot be read.
 */
internal fun readPrompts(folder: Path, manifest: Manifest, tokenizer: Tokenizer?): Map<String, OperationPrompt> {
    val file = manifest.operationsFile
    val rows = parseJson(readBytes(folder.resolve(file), Limits.MAX_BYTES.getValue("operations")), file)
    val names = (rows as? JsonObject)?.entries?.keys
    if (rows !is JsonObject || names != manifest.operations.keys) {
        val got = names?.take(8) ?: "no object"
        throw unlinkable("foreign $file: expected the operations ${manifest.operations.keys}, got $got")
    }
    val written = rows.entries.mapValues { (name, row) -> WrittenPrompt(Record.of(row, "$file, $name", KEYS)) }
    return written.mapValues { (name, prompt) ->
        val where = "$file, $name"
        checkPrompt(where, prompt, manifest.model, tokenizer)
        val checked = prompt.checked()
        val wanted = manifest.operations.getValue(name).promptSha256
        if (checked.sha256 != wanted) throw unlinkable("foreign $where: expected prompt sha256 $wanted, got ${checked.sha256}")
        checked
    }
}

/** A prompt as it is written, its numbers of any size. */
private class WrittenPrompt(record: Record) {
    val system = record.text("system")
    val prefix = record.text("prefix")
    val suffix = record.text("suffix")
    val prefixTokens = record.integers("prefix_tokens")
    val suffixTokens = record.integers("suffix_tokens")
    val stopTokens = record.integers("stop_tokens")
    val maxNewTokens = record.integer("max_new_tokens")
    val maxInputTokens = record.integer("max_input_tokens")
    val retrieveK = record.integer("retrieve_k")

    /** Its tokens and limits are checked, so they are small; a k beyond any store is as good as the largest. */
    fun checked() =
        OperationPrompt(
            system,
            prefix,
            suffix,
            prefixTokens.map { it.toInt() },
            suffixTokens.map { it.toInt() },
            stopTokens.map { it.toInt() },
            maxNewTokens.toInt(),
            maxInputTokens.toInt(),
            retrieveK.coerceIn(Int.MIN_VALUE.toLong(), Int.MAX_VALUE.toLong()).toInt(),
        )
}

private fun checkPrompt(where: String, prompt: WrittenPrompt, model: ModelFacts, tokenizer: Tokenizer?) {
    val vocab = model.vocabSize
    fun checkTokens(part: String, text: String, got: List<Long>) {
        got.firstOrNull { it !in 0 until vocab }?.let {
            throw invalid("invalid $where: expected ${part}_tokens from 0 to ${vocab - 1}, got $it")
        }
        val expected = tokenizer?.encode(text, specials = true)?.map { it.toLong() }
        if (expected != null && got != expected) {
            throw invalid("invalid $where: expected ${part}_tokens ${expected.take(8)}.., got ${got.take(8)}..")
        }
    }
    checkTokens("prefix", prompt.prefix, prompt.prefixTokens)
    checkTokens("suffix", prompt.suffix, prompt.suffixTokens)
    val stops = prompt.stopTokens
    if (stops.isEmpty() || stops.any { it !in 0 until vocab }) {
        throw invalid("invalid $where: expected stop_tokens from 0 to ${vocab - 1}, got ${stops.take(8)}")
    }
    val around = prompt.prefixTokens.size + prompt.suffixTokens.size.toLong()
    val (input, answer) = prompt.maxInputTokens to prompt.maxNewTokens
    if (minOf(input, answer) < 1 || Saturating.sum(listOf(around, input, answer)) > model.contextLength) {
        throw invalid(
            "invalid $where: expected prompt, input and answer of at most ${model.contextLength} tokens together, each 1 or " +
                "more, got $around around, $input and $answer",
        )
    }
}
