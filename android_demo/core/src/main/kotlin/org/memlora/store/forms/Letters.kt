package org.memlora.store.forms

import java.text.Normalizer

// What counts as the same text, by tables of our own: docs/store-format.md states each rule. Normal forms never change
// for letters that exist, so any library gives them; capitals are folded by a table, because languages differ in it.

private const val LAST_SIGMA = 0x03C2
private const val SIGMA = 0x03C3
private const val SHARP_S = 0x00DF
private const val CAPITAL_SHARP_S = 0x1E9E
private const val ASCII_END = 0x80

/** Normal form C: one spelling for each letter, however it was typed. */
public fun compose(text: String): String =
    if (isAscii(text)) text else Normalizer.normalize(text, Normalizer.Form.NFC)

/** [text] in normal form C with small letters for the capitals of the table. */
public fun small(text: String): String = mapped(compose(text), LetterTable::small)

/** What makes two memories the same: spelling of letters, case, spaces and a final stop do not count. */
public fun normalise(text: String): String {
    val spaced = mapped(small(text)) { if (LetterTable.spaces.contains(it)) ' '.code else it }
    return spaced.split(' ').filter { it.isNotEmpty() }.joinToString(" ").trimEnd(' ', '.', '!')
}

/** Whether the letter or sign with this code point belongs to a script without spaces between words. */
public fun isSpaceless(letter: Int): Boolean = LetterTable.spaceless.contains(letter)

/**
 * What the words index is given, of a text and of a query alike; FTS5's tokenizer folds and stems the rest.
 *
 * Normal form KC (a ligature is its letters), sharp s as ss, and spaces around each letter of a script that puts none.
 */
public fun wordsForm(text: String): String {
    if (isAscii(text)) return text
    val made = StringBuilder()
    var was = false
    eachLetter(Normalizer.normalize(text, Normalizer.Form.NFKC)) { letter ->
        val now = isSpaceless(letter)
        if ((now && !LetterTable.signs.contains(letter)) || (was && !now)) made.append(' ')
        if (letter == SHARP_S || letter == CAPITAL_SHARP_S) made.append("ss") else made.appendCodePoint(letter)
        was = now
    }
    return made.toString()
}

internal fun isAscii(text: String): Boolean = text.all { it.code < ASCII_END }

internal inline fun eachLetter(
    text: String,
    action: (Int) -> Unit,
) {
    var place = 0
    while (place < text.length) {
        val letter = text.codePointAt(place)
        action(letter)
        place += Character.charCount(letter)
    }
}

internal inline fun mapped(
    text: String,
    change: (Int) -> Int,
): String {
    val made = StringBuilder(text.length)
    eachLetter(text) { made.appendCodePoint(change(it)) }
    return made.toString()
}

private fun LetterTable.small(letter: Int): Int = if (letter == LAST_SIGMA) SIGMA else letter + capitals.shift(letter)
