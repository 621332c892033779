package org.memlora.operations

import org.memlora.text.days.annotate
import org.memlora.text.formatDate
import org.memlora.text.splitAtBlanks
import org.memlora.text.stripBlanks
import java.time.LocalDate
import java.util.Locale

/** The answer where nothing is known. */
public const val UNANSWERABLE: String = "no information available"
private const val MONTHS = "January February March April May June July August September October November December"
private const val WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
private const val DAYS = 32
private val FIRST_DAY: LocalDate = LocalDate.of(1, 1, 1)

/** Words an answer may have that nobody said; whole numbers below 32, for days, besides. */
public val CLOSED: List<String> =
    (
        "yes no not and or the a an of in on at to by for from with until since before after about both it was is week " +
            "weekend $UNANSWERABLE $MONTHS $WEEKDAYS"
    ).split(" ")
private val SIGNS = ".,;:!?()[]{}\"'\u2019\u2018\u201c\u201d\u2026*_~-\u2013\u2014/".toSet()
private val PARTS = Regex("['\u2019/()\\[\\],;:.!?\"\u201c\u201d\u2026\u2013\u2014-]+")

/** A memory, or a turn with its [speaker], and the day it was said (null: unknown). */
public data class DatedMemory(public val text: String, public val day: LocalDate?, public val speaker: String = "")

/** The question, who asks it in the first person (may be empty), and memories and turns, oldest first. */
public data class GenerateInput(
    public val question: String,
    public val memories: List<DatedMemory>,
    public val asker: String = "",
) {
    /** What the model reads: asked for several times, and the dates of a dozen turns are read for it. */
    internal val rendered: String by lazy { renderQuestion(this) }
}

/** generate: a question and retrieved, dated memories -> a short answer. */
public val GENERATE: Operation<GenerateInput, String> =
    Operation(
        name = "generate",
        readInput = { row ->
            val memories = row.rows("memories").map { DatedMemory(it.text("text"), it.day("date"), it.text("speaker", "")) }
            GenerateInput(row.text("question"), memories, row.text("asker", ""))
        },
        render = { it.rendered },
        renderOutput = { it },
        parse = { text -> begun(text).ifEmpty { throw UnparsableException("expected an answer, got no text") } },
        fallback = { UNANSWERABLE },
        words = ::words,
        isRequired = true,
    )

/** The answer is, or begins with, the refusal, in capitals or not. */
public fun isRefusal(answer: String): Boolean =
    splitAtBlanks(answer).joinToString(" ").lowercase(Locale.ROOT).startsWith(UNANSWERABLE)

/** What `parse` will certainly answer of a text that may go on: the answer begins with it. */
public fun begun(text: String): String = stripBlanks(stripBlanks(text).substringBefore('\n'))

/**
 * Oldest memory first, undated ones before all, so that the newest stands nearest to the question.
 *
 * `5 May 2026: Ann: I quit last Friday [1 May 2026]`; the question in the first person has its asker before it.
 */
private fun renderQuestion(given: GenerateInput): String {
    val ordered = given.memories.sortedBy { it.day ?: FIRST_DAY }
    val lines = ordered.map { line(it.day?.let(::formatDate).orEmpty(), it.speaker, annotate(it.text, it.day)) }
    return (listOf("memories:") + lines + "question: ${line(given.asker, given.question)}").joinToString("\n", transform = ::oneLine)
}

private fun line(vararg parts: String): String = parts.filter { it.isNotEmpty() }.joinToString(": ")

/** What an answer may be made of: the words that are read, whole and without the signs around them, and [CLOSED]. */
private fun words(given: GenerateInput): List<String> {
    val found = LinkedHashSet(CLOSED)
    (0 until DAYS).mapTo(found) { "$it" }
    for (line in given.rendered.split("\n").drop(1).dropLast(1)) {
        for (chunk in splitAtBlanks(line)) {
            found += chunk
            found += chunk.trim { it in SIGNS }
            found += PARTS.split(chunk)
        }
    }
    return found.filter { it.isNotEmpty() }
}
