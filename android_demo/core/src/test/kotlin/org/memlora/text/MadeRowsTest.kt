package org.memlora.text

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.memlora.text.days.annotate
import org.memlora.text.days.parseMoment
import java.io.File
import java.time.LocalDate
import java.time.format.DateTimeFormatter

/** Rows made by `tests/conformance/make_text_rows.py`: the committed ones, or those of the file that `memlora.rows` names. */
class MadeRowsTest {
    private val rows =
        System.getProperty("memlora.rows")?.let { file -> Json.parseToJsonElement(File(file).readText()).jsonArray.map { it.jsonObject } }
            ?: conformance("made_text.json")

    @Test
    fun `dates are noted as in Python`() = check("right") { annotate(it.text("text"), LocalDate.parse(it.text("day"))) }

    @Test
    fun `sentences are those of Python`() {
        val wrong = rows.filter { sentences(it.text("text")) != it.texts("sentences") }
        assertEquals(emptyList<JsonObject>(), wrong.take(SHOWN), "${wrong.size} of ${rows.size} rows differ")
    }

    @Test
    fun `moments are those of Python`() = check("moment") { parseMoment(it.text("text"))?.format(SECONDS) }

    @Test
    fun `days of sessions are those of Python`() = check("session") { parseSessionDate(it.text("text"))?.format(SECONDS) }

    private fun check(
        name: String,
        made: (JsonObject) -> String?,
    ) {
        val wrong = rows.filter { it.getValue(name).jsonPrimitive.contentOrNull != made(it) }
        assertEquals(emptyList<String>(), wrong.take(SHOWN).map { "$it -> ${made(it)}" }, "${wrong.size} of ${rows.size} rows differ")
    }

    private companion object {
        const val SHOWN = 5
        val SECONDS: DateTimeFormatter = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss")
    }
}
