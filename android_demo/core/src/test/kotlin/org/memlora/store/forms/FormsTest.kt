package org.memlora.store.forms

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.memlora.errors.ConfigException
import java.io.File
import java.time.LocalDate

class FormsTest {
    @Test
    fun `texts have the forms of the table`() {
        for (row in rows("forms")) {
            val text = row.text("text")
            assertEquals(row.text("normal"), normalise(text), "normal form of '$text'")
            assertEquals(row.text("words"), wordsForm(text), "words form of '$text'")
            assertEquals(normalise(text), normalise(normalise(text)))
        }
    }

    @Test
    fun `every letter has the forms of the table`() {
        for (row in rows("letters")) {
            val codes = row.getValue("first").jsonPrimitive.int until row.getValue("end").jsonPrimitive.int
            val forms =
                codes.joinToString("\n") { code ->
                    val letter = String(Character.toChars(code))
                    "${small("x$letter")}\t${normalise("x${letter}y")}\t${wordsForm("x${letter}y")}"
                }
            assertEquals(row.text("sha256"), hexSha256(utf8(forms)), "letters $codes")
        }
    }

    @Test
    fun `exchanges have the keys of the table`() {
        for (row in rows("exchange_keys")) {
            val said =
                row.getValue("said").jsonArray.map { message ->
                    val (role, speaker, text) = message.jsonArray.map { it.jsonPrimitive.content }
                    Said(role, speaker, text)
                }
            val day = row.getValue("day").jsonPrimitive.contentOrNull?.let(LocalDate::parse)
            val photos = row["photos"]?.jsonArray.orEmpty().map { it.jsonPrimitive.content }
            assertEquals(row.text("key"), exchangeKey(row.text("session"), day, row.text("place"), said, photos))
        }
    }

    @Test
    fun `vectors have the sketches of the table`() {
        for (row in rows("sketches")) {
            val vector = bytes(row.text("vector"))
            assertEquals(row.text("sketch"), hex(sketchOf(vector)))
            assertEquals(row.text("vector"), hex(bytesOf(floatsOf(vector))))
        }
    }

    @Test
    fun `half a pair is refused`() {
        assertThrows(ConfigException::class.java) { exchangeKey("\ud800", null, "", emptyList()) }
    }

    private fun rows(name: String): List<JsonObject> {
        val file = File(System.getProperty("memlora.house"), "tests/conformance/$name.json")
        return Json.parseToJsonElement(file.readText()).jsonArray.map { it.jsonObject }
    }

    private fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

    private fun bytes(hex: String) = ByteArray(hex.length / 2) { hex.substring(2 * it, 2 * it + 2).toInt(16).toByte() }

    private fun hex(bytes: ByteArray) = bytes.joinToString("") { "%02x".format(it) }
}
