package org.memlora.images

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.files.sha256
import org.memlora.text.conformance
import org.memlora.text.text
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The rows of `tests/conformance/pixels.json` that Python replays too, compared bit for bit. */
class PixelsConformanceTest {
    private val rows = conformance("pixels.json")

    @Test
    fun `every row`() {
        val wrong = rows.filter { made(it) != it.text("sha256") }
        assertEquals(emptyList<JsonObject>(), wrong, "${wrong.size} of ${rows.size} rows differ")
        assertTrue(rows.count { it.text("step") == "resize" } > 500)
    }

    private fun made(row: JsonObject): String {
        val (width, height) = row.numbers("size")
        val pixels = source(row.text("source"), row.number("seed"), width, height)
        return when (row.text("step")) {
            "resize" -> row.numbers("to").let { (toWidth, toHeight) -> sha256(resize(pixels, toWidth, toHeight, row.filter()).rgb) }
            "square" -> sha256(square(pixels, row.number("side"), row.filter()).rgb)
            "upright" -> sha256(upright(pixels, row.number("orientation")).rgb)
            "normalise" -> sha256(bytes(normalisation(row).apply(pixels)))
            else -> keyOf(pixels)
        }
    }

    private fun normalisation(row: JsonObject): Normalisation {
        val (mean, std) = listOf("mean", "std").map { name -> row.doubles(name) }
        if (row.getValue("unit").jsonPrimitive.boolean) return Normalisation.ofUnit(mean, std)
        return Normalisation(FloatArray(3) { mean[it].toFloat() }, FloatArray(3) { std[it].toFloat() })
    }

    private fun bytes(numbers: FloatArray): ByteArray {
        val out = ByteBuffer.allocate(numbers.size * 4).order(ByteOrder.LITTLE_ENDIAN)
        for (number in numbers) out.putFloat(number)
        return out.array()
    }

    private fun JsonObject.filter() = Filter.entries.single { it.word == text("filter") }

    private fun JsonObject.number(name: String) = getValue(name).jsonPrimitive.int

    private fun JsonObject.numbers(name: String) = getValue(name).jsonArray.map { it.jsonPrimitive.int }

    private fun JsonObject.doubles(name: String) = getValue(name).jsonArray.map { it.jsonPrimitive.double }.toDoubleArray()
}
