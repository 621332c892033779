package org.memlora.text

import java.util.Locale

/** White space as Python knows it: U+001C to U+001F and U+0085 too, which Java and Kotlin count otherwise. */
internal const val BLANKS: String =
    "\t\n\u000b\u000c\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" +
        "\u2028\u2029\u202f\u205f\u3000"

/** First and last of each run of digits that are no decimal ones (superscripts, circled ones and the like). */
private val OTHER_DIGITS =
    intArrayOf(
        0xb2, 0xb3, 0xb9, 0xb9, 0x1369, 0x1371, 0x19da, 0x19da, 0x2070, 0x2070, 0x2074, 0x2079, 0x2080, 0x2089, 0x2460, 0x2468,
        0x2474, 0x247c, 0x2488, 0x2490, 0x24ea, 0x24ea, 0x24f5, 0x24fd, 0x24ff, 0x24ff, 0x2776, 0x277e, 0x2780, 0x2788,
        0x278a, 0x2792, 0x10a40, 0x10a43, 0x10e60, 0x10e68, 0x11052, 0x1105a, 0x1f100, 0x1f10a,
    )

/** Whether Python's `isspace` says so of this code point. */
internal fun isBlank(sign: Int): Boolean = sign < 0x10000 && sign.toChar() in BLANKS

/** Whether Python's `isalnum` says so of this code point: a letter or any number. */
internal fun isLetterOrNumber(sign: Int): Boolean =
    Character.isLetterOrDigit(sign) ||
        Character.getType(sign).let { it == Character.LETTER_NUMBER.toInt() || it == Character.OTHER_NUMBER.toInt() }

/** Whether Python's `isdigit` says so of this code point. */
internal fun isDigit(sign: Int): Boolean =
    Character.isDigit(sign) || (OTHER_DIGITS.indices step 2).any { sign in OTHER_DIGITS[it]..OTHER_DIGITS[it + 1] }

/** Whether Python's `isupper` says so: a capital and no small letter. */
internal fun isUpper(text: String): Boolean {
    var capitals = false
    var place = 0
    while (place < text.length) {
        val sign = text.codePointAt(place)
        if (Character.isLowerCase(sign) || Character.isTitleCase(sign)) return false
        capitals = capitals || Character.isUpperCase(sign)
        place += Character.charCount(sign)
    }
    return capitals
}

/** Python's `strip()`. */
internal fun stripBlanks(text: String): String = text.trim { isBlank(it.code) }

/** Python's `split()`: the words between white space. */
internal fun splitAtBlanks(text: String): List<String> = text.split(*BLANK_SIGNS).filter { it.isNotEmpty() }

private val BLANK_SIGNS = BLANKS.toCharArray()

/** Python's `lower()`. */
internal fun lower(text: String): String = text.lowercase(Locale.ROOT)
