package org.memlora.text

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class SentencesTest {
    @Test
    fun `every row of the table gives its sentences`() {
        val rows = conformance("sentences.json")
        assertEquals(rows.map { it.texts("right") }, rows.map { sentences(it.text("text")) })
    }

    @Test
    fun `a quotation that ends with a letter outside the basic plane is shut like any other`() {
        assertEquals(listOf("See www.x.org/.\ud83d\ude00", "Then go."), sentences("See www.x.org/.\ud83d\ude00 Then go."))
    }
}
