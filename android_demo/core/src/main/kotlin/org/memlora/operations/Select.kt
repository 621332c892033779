package org.memlora.operations

import org.memlora.files.JsonArray
import org.memlora.files.JsonInteger
import org.memlora.files.JsonObject
import org.memlora.files.jsonText
import org.memlora.text.days.annotate
import org.memlora.text.formatDate
import org.memlora.text.sentences
import java.math.BigInteger
import java.time.LocalDate

/** Turns said just before an exchange that are shown with it. */
public const val TURNS_BEFORE: Int = 2

/** Sentences that can be kept of one exchange. */
public const val MOST: Int = 99
internal val NAMELESS = mapOf("user" to "Me", "assistant" to "Assistant")

/** An exchange, at most [TURNS_BEFORE] turns said just before it, and the day it happened (null: unknown). */
public data class SelectInput(
    public val messages: List<Message>,
    public val sessionDate: LocalDate?,
    public val before: List<Message> = emptyList(),
) {
    /** As [numbered] gives them, which is asked several times. */
    internal val sentences: List<Sentence> by lazy {
        messages.flatMapIndexed { place, message ->
            sentences(annotate(message.text, sessionDate)).map { Sentence(place, oneLine(it)) }
        }
    }
}

/** A sentence of message [message] (its place in the exchange), its relative dates annotated. */
public data class Sentence(public val message: Int, public val text: String)

/** select: the newest exchange, its sentences numbered -> the numbers of those to keep. Another form of extract. */
public val SELECT: Operation<SelectInput, List<Int>> =
    Operation(
        name = "select",
        readInput = { row ->
            SelectInput(messages(row.rows("messages")), row.day("date"), messages(row.rows("before", mayBeAbsent = true)))
        },
        render = ::renderNumbered,
        renderOutput = { numbers ->
            val items = numbers.map { JsonInteger(BigInteger.valueOf(it.toLong())) }
            jsonText(JsonObject(mapOf("keep" to JsonArray(items))), COMPACT)
        },
        parse = ::parseNumbers,
        fallback = { emptyList() },
        formOf = "extract",
    )

/** The sentences of the exchange in order; the first one is number 1. */
public fun numbered(given: SelectInput): List<Sentence> = given.sentences

/** The speaker's name, `Me` for a user without one, `Assistant` for an assistant without one. */
public fun speakerOf(message: Message): String = message.speaker.ifEmpty { NAMELESS.getValue(message.role) }

/** The day, the turns before without numbers, then a line a sentence: `2 Tom: I quit last Friday [1 May 2026].`. */
private fun renderNumbered(given: SelectInput): String {
    val lines = ArrayList<String>()
    given.sessionDate?.let { lines += "date: ${formatDate(it)}" }
    given.before.takeLast(TURNS_BEFORE).mapTo(lines) { "before: ${speakerOf(it)}: ${oneLine(it.text)}" }
    numbered(given).forEachIndexed { place, sentence ->
        lines += "${place + 1} ${speakerOf(given.messages[sentence.message])}: ${sentence.text}"
    }
    return lines.joinToString("\n")
}

/** Numbers in rising order, repetitions dropped. */
private fun parseNumbers(text: String): List<Int> =
    parseItems(text, "keep", "{\"keep\":[..]}")
        .map {
            (it as? JsonInteger)?.saturated?.takeIf { number -> number in 1..Int.MAX_VALUE }?.toInt()
                ?: throw UnparsableException("expected a list of numbers from 1 under 'keep', got '$text'")
        }
        .distinct()
        .sorted()
