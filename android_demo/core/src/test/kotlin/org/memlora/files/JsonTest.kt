package org.memlora.files

import java.math.BigInteger
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.errors.BundleException
import org.memlora.errors.Reason

class JsonTest {
    private fun read(text: String): JsonValue = parseJson(text.toByteArray(), "x.json")

    private fun assertRefused(data: ByteArray) {
        val refusal = assertThrows(BundleException::class.java, { parseJson(data, "x.json") }, { String(data.take(99).toByteArray()) })
        assertEquals(Reason.MALFORMED_BYTES, refusal.reason)
        assertTrue("malformed x.json: expected " in refusal.message!! && refusal.message!!.length < 400, refusal.message)
    }

    @Test
    fun `values are read as they are written`() {
        val read = read(" {\"a\": [1, -0, 1.0, 2e-3, true, false, null], \"b\\u0041\\n\": \"\\ud83d\\ude00 \u2028\"} ")
        val items = listOf(1, 0).map { JsonInteger(it.toBigInteger()) } + listOf(1.0, 2e-3).map(::JsonNumber)
        val rest = listOf(JsonBoolean(true), JsonBoolean(false), JsonNull)
        assertEquals(JsonObject(mapOf("a" to JsonArray(items + rest), "bA\n" to JsonString("\uD83D\uDE00 \u2028"))), read)
        assertEquals(JsonInteger(BigInteger.TEN.pow(400)), read("1" + "0".repeat(400)))
        assertEquals(Long.MAX_VALUE, JsonInteger(BigInteger.TEN.pow(400)).saturated)
        assertEquals(Long.MIN_VALUE, JsonInteger(BigInteger.TEN.pow(400).negate()).saturated)
    }

    @Test
    fun `what is no strict JSON is refused`() {
        val texts =
            listOf(
                "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "01", "1.", ".5", "+1", "-", "1e", "1e+", "NaN", "Infinity",
                "-Infinity", "1e999", "-1e999", "tru", "nul", "[1] 2", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
                "\"a\nb\"", "\"\t\"", "\"\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":1}",
                "\uFEFF{}", "1".repeat(4301), "1d", "0x10", "1_0", "\u0661", "\u00A01", "[1\u000C]", "\"\\u\uFF11111\"",
            )
        texts.forEach { assertRefused(it.toByteArray()) }
        assertRefused(byteArrayOf(0x22, 0xC3.toByte(), 0x22))
        assertRefused(byteArrayOf(0x22, 0xC0.toByte(), 0x80.toByte(), 0x22))
        assertRefused(byteArrayOf(0x22, 0xED.toByte(), 0xA0.toByte(), 0x80.toByte(), 0x22)) // half a pair as three bytes
        assertRefused("[1]".toByteArray(Charsets.UTF_16LE))
    }

    @Test
    fun `levels are bounded and brackets within texts are none`() {
        read("[".repeat(64) + "]".repeat(64))
        assertRefused(("[".repeat(65) + "]".repeat(65)).toByteArray())
        assertRefused("[".repeat(3_000_000).toByteArray())
        assertRefused("{\"a\":".repeat(65).toByteArray())
        read("[\"${"[".repeat(100)}\", \"\\\"{\"]")
    }

    @Test
    fun `large texts are read in linear time`() {
        assertRefused(("\"" + "\\\"".repeat(1_500_000)).toByteArray())
        assertRefused(("[" + "1".repeat(3_000_000) + "]").toByteArray())
        assertRefused((0 until 280_000).joinToString(",", "{", ",\"k0\":1}") { "\"k$it\":1" }.toByteArray())
    }

    @Test
    fun `text is written as Python writes it`() {
        val text = "{\"b\": [1, 2.5, -0.0, 1e+16, 0.0001, 1e-05, 123456789.123, 5e-324, 1.7976931348623157e+308], \"a\": \"\\u0001\\n\\\"\\\\/\u007F\u2028\"}"
        assertEquals(text, jsonText(read(text)))
        assertEquals("1e+22", jsonText(JsonNumber(1e22)))
        val names = listOf("\uD83D\uDE00", "\uFFFD", "a", "aa", "Z", "\u00E9")
        val sorted = JsonObject(names.associateWith { JsonNull })
        val wanted = "{\"Z\":null,\"a\":null,\"aa\":null,\"\u00E9\":null,\"\uFFFD\":null,\"\uD83D\uDE00\":null}"
        assertEquals(wanted, jsonText(sorted, "," to ":", isSorted = true))
    }

    @Test
    fun `changed bytes are read or refused`() {
        val good = "{\"a\": [1, 2.5e3, \"x\\u0041\", {\"b\": null, \"c\": [true, false]}], \"d\": \"\u00E9\"}".toByteArray()
        val numbers = Random(7)
        repeat(20_000) {
            val data = good.copyOf(numbers.nextInt(1, good.size + 1))
            repeat(numbers.nextInt(1, 4)) { data[numbers.nextInt(data.size)] = numbers.nextInt(256).toByte() }
            try {
                val value = parseJson(data, "x.json")
                assertEquals(value, read(jsonText(value)))
            } catch (refusal: BundleException) {
                assertEquals(Reason.MALFORMED_BYTES, refusal.reason)
            }
        }
    }
}
