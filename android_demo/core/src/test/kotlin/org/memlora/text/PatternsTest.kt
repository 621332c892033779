package org.memlora.text

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class PatternsTest {
    @Test
    fun `every row of the table finds what Python finds`() {
        val rows = conformance("patterns.json")
        val found =
            rows.map { row ->
                val flags = row.texts("flags").map(PatternFlag::valueOf).toTypedArray()
                pattern(row.text("pattern"), *flags).findAll(row.text("text")).map { it.value }.toList()
            }
        assertEquals(rows.map { it.texts("found") }, found)
    }

    @Test
    fun `what is no construct of both languages is refused`() {
        for (source in listOf("\\p{L}", "(?x)a", "(?(1)a|b)", "[a", "a)", "a\\", "\\G")) {
            assertThrows<IllegalArgumentException>(source) { pattern(source) }
        }
    }

    @Test
    fun `an escaped text finds itself`() {
        val text = "a.b* [c] (d)? {2} \\ ^$| Zoë-1 #&~"
        assertEquals(listOf(text), pattern(escapePattern(text)).findAll("x$text y").map { it.value }.toList())
    }
}
