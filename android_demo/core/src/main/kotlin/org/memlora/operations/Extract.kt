package org.memlora.operations

import org.memlora.files.JsonArray
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.jsonText
import org.memlora.text.days.annotate
import org.memlora.text.formatDate
import org.memlora.text.splitAtBlanks
import org.memlora.text.stripBlanks
import java.time.LocalDate

/** One turn: [role] is user or assistant, [speaker] the person's name (may be empty). */
public data class Message(public val role: String, public val speaker: String, public val text: String)

/** An exchange of one or more messages and the day it happened (null: unknown). */
public data class ExtractInput(public val messages: List<Message>, public val sessionDate: LocalDate?)

/** extract: the newest exchange -> the facts stated in it. */
public val EXTRACT: Operation<ExtractInput, List<String>> =
    Operation(
        name = "extract",
        readInput = { row -> ExtractInput(messages(row.rows("messages")), row.day("date")) },
        render = ::renderExchange,
        renderOutput = { facts -> jsonText(JsonObject(mapOf("facts" to JsonArray(facts.map(::JsonString)))), COMPACT) },
        parse = ::parseFacts,
        fallback = { emptyList() },
        isRequired = true,
    )

internal fun messages(rows: List<JsonObject>): List<Message> =
    rows.map { Message(it.text("role"), it.text("speaker"), it.text("text")) }

/** [text] on one line, its white space as single blanks. */
internal fun oneLine(text: String): String = splitAtBlanks(text).joinToString(" ")

/** One line per message; relative dates have their day behind them (`last Friday [1 May 2026]`) to be copied. */
private fun renderExchange(given: ExtractInput): String {
    val lines = ArrayList<String>()
    given.sessionDate?.let { lines += "date: ${formatDate(it)}" }
    for (message in given.messages) {
        val text = oneLine(annotate(message.text, given.sessionDate))
        val speaker = oneLine(message.speaker)
        lines += if (speaker.isEmpty()) "${message.role}: $text" else "${message.role}: $speaker: $text"
    }
    return lines.joinToString("\n")
}

/** Facts in order, blank ones and repetitions dropped. */
private fun parseFacts(text: String): List<String> =
    parseItems(text, "facts", "{\"facts\":[...]}")
        .map { (it as? JsonString)?.value ?: throw UnparsableException("expected a list of strings under 'facts', got '$text'") }
        .map(::stripBlanks)
        .filter { it.isNotEmpty() }
        .distinct()
