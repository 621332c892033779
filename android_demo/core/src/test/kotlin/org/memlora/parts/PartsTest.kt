package org.memlora.parts

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.errors.ContractException

class PartsTest {
    private val picture = Embeddings(FloatArray(6) { it.toFloat() }, 3)

    @Test
    fun `the key names every place`() {
        // Python's name of numpy.arange(6, dtype=numpy.float32)
        assertEquals("e2c0a71510b5394df7773b63fb5f54372b84c3564e67811bde7d665be227976d", picture.name)
        val expected = listOf(TokenPlace(1), TokenPlace(2), EmbeddedRow(picture.name, 0, 2), EmbeddedRow(picture.name, 1, 2), TokenPlace(4))
        assertEquals(expected, toPlaces(listOf(Tokens(1), Tokens(2), picture, Tokens(4))))
        assertEquals(listOf(Tokens(1, 2), picture, Tokens(4)), toParts(listOf(Tokens(1), Tokens(2), picture, Tokens(), Tokens(4))))
    }

    @Test
    fun `equal bytes in another shape are other embeddings`() {
        val high = Embeddings(picture.rows, 2)
        assertNotEquals(picture, high)
        assertTrue(toPlaces(listOf(picture)).none { it in toPlaces(listOf(high)) })
    }

    @Test
    fun `embeddings keep their own copy`() {
        val rows = FloatArray(3) { 1f }
        val made = Embeddings(rows, 3)
        rows[0] = 7f
        made.rows[1] = 7f
        assertArrayEquals(FloatArray(3) { 1f }, made.rows)
    }

    @Test
    fun `wrong embeddings are refused`() {
        val wrong = listOf(FloatArray(0) to 3, FloatArray(4) to 3, FloatArray(3) to 0, floatArrayOf(Float.NaN) to 1)
        for ((rows, width) in wrong) assertThrows(ContractException::class.java) { Embeddings(rows, width) }
        assertThrows(ContractException::class.java) { tokenIds(listOf(Tokens(1), picture)) }
        assertEquals(listOf(1, 2, 3), tokenIds(listOf(Tokens(1, 2), Tokens(3))))
    }

    @Test
    fun `a cut loses nothing and tears no embeddings`() {
        val prompt = listOf(Tokens(1, 2, 3), picture, Tokens(4), picture)
        val places = toPlaces(prompt)
        for (place in 0..places.size + 2) {
            val (before, rest) = split(prompt, place)
            assertEquals(places, toPlaces(before + rest))
            assertEquals(listOf(picture, picture), (before + rest).filterIsInstance<Embeddings>())
            val cut = toPlaces(before).size
            val inside = places.getOrNull(cut)
            assertTrue(cut == minOf(place, places.size) || (cut < place && inside is EmbeddedRow && inside.row == 0))
        }
    }
}
