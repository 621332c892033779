package org.memlora.operations

import org.memlora.errors.BundleException
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.jsonText
import org.memlora.files.parseJson
import org.memlora.text.splitAtBlanks
import org.memlora.text.stripBlanks

/** [image] names the picture: its file beside a dataset, or the sha256 under which a memory keeps it. */
public data class VqaInput(public val image: String, public val question: String)

/** One word without a blank in it, and a sentence that says what is seen. */
public data class VqaAnswer(public val answer: String, public val reason: String)

private val UNCLEAR = VqaAnswer("unclear", "No answer could be read.")
private const val SHAPE = "{\"answer\":word,\"reason\":text}"

/** vqa: a picture and a question about it -> one word, and the reason for it. */
public val VQA: Operation<VqaInput, VqaAnswer> =
    Operation(
        name = "vqa",
        readInput = { row -> VqaInput(row.text("image"), row.text("question")) },
        render = { given -> "question: ${oneLine(given.question)}" },
        renderOutput = { said ->
            val row = linkedMapOf("answer" to said.answer, "reason" to said.reason)
            jsonText(JsonObject(row.mapValues { JsonString(it.value) }), COMPACT)
        },
        parse = ::parseAnswer,
        fallback = { UNCLEAR },
        picture = { given -> given.image },
    )

/** The word and the reason, blanks around them dropped; two words or none are unparsable. */
private fun parseAnswer(text: String): VqaAnswer {
    val row =
        try {
            parseJson(text.toByteArray(Charsets.UTF_8), "answer") as? JsonObject
        } catch (e: BundleException) {
            throw UnparsableException("expected $SHAPE, got '$text'", e)
        }
    val (answer, reason) = listOf("answer", "reason").map { key ->
        (row?.get(key) as? JsonString)?.value ?: throw UnparsableException("expected $SHAPE, got '$text'")
    }
    if (splitAtBlanks(answer).size != 1) throw UnparsableException("expected one word under 'answer', got '$text'")
    return VqaAnswer(stripBlanks(answer), stripBlanks(reason))
}
