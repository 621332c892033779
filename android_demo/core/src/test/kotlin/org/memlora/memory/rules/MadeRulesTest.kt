package org.memlora.memory.rules

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.add
import kotlinx.serialization.json.addJsonArray
import kotlinx.serialization.json.buildJsonArray
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.memlora.operations.Message
import org.memlora.store.Source
import org.memlora.text.conformance
import org.memlora.text.text
import org.memlora.text.texts
import java.io.File

/** Rows of `tests/runtime_py/memory/rules/made.py`: the committed ones, or those of the file that `memlora.rows` names. */
class MadeRulesTest {
    private val rows =
        System.getProperty("memlora.rows")?.let { file -> Json.parseToJsonElement(File(file).readText()).jsonArray.map { it.jsonObject } }
            ?: conformance("made_rules.json")

    @Test
    fun `every rule answers every row as in Python`() {
        val wrong = rows.flatMap(::differences)
        val counts = wrong.groupingBy { it.first }.eachCount()
        assertEquals(emptyList<String>(), wrong.take(SHOWN).map { it.second }, "$counts of ${rows.size} rows differ")
    }

    private fun differences(row: JsonObject): List<Pair<String, String>> {
        val right = row.getValue("answers").jsonObject
        val made = answers(row)
        assertEquals(right.keys, made.keys)
        return right.keys.filter { right[it] != made[it] }.map { it to "$it: expected ${right[it]}, got ${made[it]}, of ${JsonObject(row - "answers")}" }
    }

    private fun answers(row: JsonObject): Map<String, JsonElement> {
        val text = row.text("text")
        val said = row.texts("said")
        val fact = row.text("fact")
        val line = readLine(text)
        val messages = listOf(Message("user", row.text("speaker"), text)) + said.drop(1).map { Message("assistant", "", it) }
        val parts = partsSaid(messages)
        val changes = decideChanges(row.texts("memories"), listOf(row.text("new"), fact))
        return mapOf(
            "line" to list(listOf(line.said, line.asked, line.forget)),
            "question" to JsonPrimitive(isQuestion(text)),
            "named" to list(named(text, row.texts("speakers")).sortedWith(CODE_POINTS)),
            "told_of" to JsonPrimitive(toldOf(text, row.text("speaker"), fact, row.texts("speakers")[0], row.texts("speakers"))),
            "of_self" to JsonPrimitive(toldOfSelf(text, row.text("speaker"), fact, row.texts("speakers"))),
            "without_names" to JsonPrimitive(withoutNames(text, row.texts("speakers"))),
            "alone" to JsonPrimitive(standsAlone(text)),
            "past" to JsonPrimitive(asksOfThePast(text)),
            "plain" to JsonPrimitive(isPlainStatement(text)),
            "own" to JsonPrimitive(ownWords(text)),
            "person" to JsonPrimitive(thirdPerson(text, row.text("speaker"))),
            "relation" to JsonPrimitive(compare(row.text("old"), row.text("new")).word),
            "remaining" to (remaining(row.text("old"), row.text("new"))?.let(::JsonPrimitive) ?: JsonNull),
            "changes" to buildJsonArray { changes.forEach { add(list(listOf(it.id, it.text, it.event))) } },
            "ungrounded" to list(ungrounded(fact, said, row.texts("known"))),
            "grounded" to JsonPrimitive(groundedSentence(fact, said)),
            "plain_fact" to JsonPrimitive(withoutNotes(fact)),
            "subject" to JsonPrimitive(subject(fact)),
            "words" to list(contentWords(fact).sortedWith(CODE_POINTS)),
            "source" to JsonPrimitive(factSource(fact, parts).words),
            "parts" to buildJsonArray { parts.forEach { part -> addJsonArray { add(part.source.words); add(part.words.size) } } },
            "says" to JsonPrimitive(says(row.text("new"), row.text("old"))),
            "after" to JsonPrimitive(sourceAfter(row.text("old"), Source.IMPORTED, listOf(row.text("new"), fact), parts)?.words),
        )
    }

    private fun list(texts: List<String>): JsonElement = buildJsonArray { texts.forEach(::add) }

    private companion object {
        const val SHOWN = 20

        /** Python's order of texts. */
        val CODE_POINTS: Comparator<String> =
            Comparator { first, second ->
                val own = first.codePoints().toArray()
                val others = second.codePoints().toArray()
                val place = own.indices.firstOrNull { it >= others.size || own[it] != others[it] }
                when {
                    place == null -> own.size - others.size
                    place >= others.size -> 1
                    else -> own[place].compareTo(others[place])
                }
            }
    }
}
