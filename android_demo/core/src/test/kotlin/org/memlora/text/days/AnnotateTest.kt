package org.memlora.text.days

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.memlora.text.conformance
import org.memlora.text.text
import java.time.LocalDate

class AnnotateTest {
    private val rows = conformance("dates.json")

    @Test
    fun `every row of the table gets its notes`() {
        val made = rows.map { annotate(it.text("text"), LocalDate.parse(it.text("day"))) }
        assertEquals(rows.joinToString("\n") { it.text("right") }, made.joinToString("\n"))
    }

    @Test
    fun `applied again nothing changes`() {
        for (row in rows) assertEquals(row.text("right"), annotate(row.text("right"), LocalDate.parse(row.text("day"))))
    }

    @Test
    fun `places are those of the text, letters outside the basic plane before them or not`() {
        val day = LocalDate.of(2023, 5, 8)
        val right = listOf(Expression(7, 18, "5 May 2023"), Expression(20, 29, "15 May 2023"))
        assertEquals(right, expressions("I left last Friday, in a week I return", day))
        assertEquals(listOf(Expression(9, 20, "5 May 2023")), expressions("\ud83d\ude00I left last Friday", day))
        assertEquals("\ud83d\ude00 I left last Friday [5 May 2023]", annotate("\ud83d\ude00 I left last Friday", day))
    }

    @Test
    fun `without a day nothing changes`() {
        assertEquals("I left yesterday", annotate("I left yesterday", null))
    }
}
