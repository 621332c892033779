package org.memlora.files

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.errors.BundleException
import org.memlora.errors.Reason

class RecordTest {
    private val known = listOf("name", "size", "kind", "rows", "ranks", "note")

    private fun record(text: String): Record = Record.of(parseJson(text.toByteArray(), "x"), "x", known)

    private fun assertRefused(wanted: String, read: () -> Any?) {
        val refusal = assertThrows(BundleException::class.java) { read() }
        assertEquals(Reason.INVALID_VALUES, refusal.reason)
        assertTrue(wanted in refusal.message!!, refusal.message)
    }

    @Test
    fun `keys are read by their types`() {
        val text = "{\"name\": \"a\", \"size\": 3, \"kind\": \"raw\", \"rows\": [1, 2], \"ranks\": {\"q\": 4}, \"note\": null}"
        val read = record(text)
        assertEquals("a", read.text("name"))
        assertEquals(3L, read.integer("size"))
        assertEquals("raw", read.choice("kind", listOf("raw", "int4")))
        assertEquals(listOf(1L, 2L), read.integers("rows"))
        assertEquals(mapOf("q" to 4L), read.numbers("ranks"))
        assertEquals(null, read.textOrNull("note"))
        assertTrue(read.has("name") && !read.has("note"))
    }

    @Test
    fun `other keys and types are refused`() {
        assertRefused("expected known keys, got 'nam' (nearest: 'name')") { record("{\"nam\": 1}") }
        assertRefused("expected an object, got [1]") { record("[1]") }
        assertRefused("expected the key 'name', got none") { record("{}").text("name") }
        assertRefused("expected the key 'note', got none") { record("{}").textOrNull("note") }
        assertRefused("invalid x, name: expected a string, got 1") { record("{\"name\": 1}").text("name") }
        for (value in listOf("1.0", "true", "\"1\"", "null", "[1]")) {
            assertRefused("invalid x, size: expected a whole number, got $value") { record("{\"size\": $value}").integer("size") }
        }
        assertRefused("expected one of [raw], got \"int4\"") { record("{\"kind\": \"int4\"}").choice("kind", listOf("raw")) }
        assertRefused("invalid x, rows[1]: expected") { record("{\"rows\": [1, true]}").integers("rows") }
        assertRefused("invalid x, ranks, q: expected") { record("{\"ranks\": {\"q\": \"4\"}}").numbers("ranks") }
    }
}
