package org.memlora.text

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class LettersTest {
    @Test
    fun `blanks are those of Python`() {
        assertEquals("a", stripBlanks("\u001c\u0085\u00a0a\u2028\t"))
        assertEquals(listOf("a", "b\u200bc"), splitAtBlanks(" a\u001f\u3000b\u200bc\n"))
        assertFalse(isBlank(0x180e))
    }

    @Test
    fun `numbers and letters are those of Python`() {
        for (sign in listOf(0x31, 0x663, 0xb2, 0x2460, 0x1f10a, 0x1d7d8)) assertTrue(isDigit(sign), "$sign")
        for (sign in listOf(0xbd, 0x2167, 0x2793, 0x4e00)) assertFalse(isDigit(sign), "$sign")
        for (sign in listOf(0xbd, 0x2167, 0x4e00, 0x20000, 0xe9)) assertTrue(isLetterOrNumber(sign), "$sign")
        for (sign in listOf(0x301, 0x93f, 0x5f, 0x1f600)) assertFalse(isLetterOrNumber(sign), "$sign")
    }

    @Test
    fun `a text is in capitals where it has one and no small letter`() {
        assertTrue(isUpper("A-1") && isUpper("\u00c9"))
        assertFalse(isUpper("Aa") || isUpper("1") || isUpper("\u01c5") || isUpper(""))
    }
}
