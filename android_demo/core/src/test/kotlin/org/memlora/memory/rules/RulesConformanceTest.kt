package org.memlora.memory.rules

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.memlora.memory.rules.english.namesAPicture
import org.memlora.memory.rules.english.tellsWhatIsSeen
import org.memlora.memory.rules.english.whatIsSeen
import org.memlora.text.conformance
import org.memlora.text.text
import org.memlora.text.texts

/** The rows of `tests/conformance` that Python replays too, all compared with equality. */
class RulesConformanceTest {
    @Test
    fun `what is told, asked and ordered`() =
        replay("speech_acts", { Line(it.text("said"), it.text("asked"), it.text("forget")) }) { readLine(it.text("text")) }

    @Test
    fun `who is named`() = replay("names", { it.texts("named") }) { named(it.text("text"), it.texts("speakers")).sorted() }

    @Test
    fun `whose words tell of whom`() =
        replay("tellers", { it.text("told") }) {
            toldOf(it.text("text"), it.text("speaker"), it.text("question"), it.text("asker"), it.texts("speakers"))
        }

    @Test
    fun `what others tell of themselves`() =
        replay("selves", { it.text("self") to it.text("bare") }) {
            val self = toldOfSelf(it.text("text"), it.text("speaker"), it.text("question"), it.texts("speakers"))
            self to withoutNames(it.text("question"), it.texts("speakers"))
        }

    @Test
    fun `what says something by itself`() =
        replay("alone", { it.getValue("alone").jsonPrimitive.boolean }) { standsAlone(it.text("text")) }

    @Test
    fun `what replaces what`() = replay("relations", { it.text("relation") }) { compare(it.text("old"), it.text("new")).word }

    @Test
    fun `what holds on of several sentences`() =
        replay("remaining", { it.getValue("remaining").jsonPrimitive.contentOrNull }) { remaining(it.text("memory"), it.text("fact")) }

    @Test
    fun `what asks of the past`() =
        replay("past_questions", { it.getValue("past").jsonPrimitive.boolean }) { asksOfThePast(it.text("text")) }

    @Test
    fun `what is about a picture`() =
        replay(
            "pictures",
            { row -> listOf("names", "seen", "tells").map { row.getValue(it).toString() } },
        ) { row ->
            val text = row.text("text")
            val tells = listOf("colour", "count", "text", "place").filter { tellsWhatIsSeen(text, it) }
            listOf("${namesAPicture(text)}", "\"${whatIsSeen(text)}\"", tells.joinToString(",", "[", "]") { "\"$it\"" })
        }

    @Test
    fun `what tells plainly of the speaker`() =
        replay("plain", { it.getValue("plain").jsonPrimitive.boolean }) { isPlainStatement(it.text("text")) }

    @Test
    fun `own words`() = replay("quoted", { it.text("own") }) { ownWords(it.text("text")) }

    @Test
    fun `what is said of oneself`() = replay("person", { it.text("right") }) { thirdPerson(it.text("text"), it.text("speaker")) }

    @Test
    fun `what was never told`() =
        replay("grounding", { it.texts("ungrounded") }) { ungrounded(it.text("text"), it.texts("said"), it.texts("known")) }

    private fun replay(
        table: String,
        right: (JsonObject) -> Any?,
        made: (JsonObject) -> Any?,
    ) {
        val rows = conformance("$table.json")
        val wrong = rows.filter { right(it) != made(it) }.map { "$it -> ${made(it)}" }
        assertEquals(emptyList<String>(), wrong, "${wrong.size} of ${rows.size} rows differ")
        assertEquals(true, rows.size > 10, "$table has ${rows.size} rows")
    }
}
