package org.memlora.memory.rules.english

import org.memlora.text.lower
import java.text.Normalizer

private const val IOTA_BELOW = 0x345
private val MARKS = setOf(Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK).map { it.toInt() }

/** Small letters without accents and possessive `'s`. */
internal fun plainWord(word: String): String {
    val small = lower(word).replace('\u2019', '\'')
    val plain = if (small.all { it.code < 128 }) small else withoutAccents(small)
    return if (plain.letters > 2) plain.removeSuffix("'s") else plain
}

private fun withoutAccents(text: String): String =
    buildString {
        val spelt = Normalizer.normalize(text, Normalizer.Form.NFD)
        var place = 0
        while (place < spelt.length) {
            val sign = spelt.codePointAt(place)
            if (!isCombining(sign)) appendCodePoint(sign)
            place += Character.charCount(sign)
        }
    }

/**
 * Whether a mark has a combining class, which the platform's library keeps to itself.
 *
 * The iota below has the highest class there is, so that a normal form puts every other mark that has one before it.
 */
private fun isCombining(sign: Int): Boolean {
    if (Character.getType(sign) !in MARKS) return false
    val mark = String(Character.toChars(sign))
    val both = String(Character.toChars(IOTA_BELOW)) + mark
    return sign == IOTA_BELOW || Normalizer.normalize(both, Normalizer.Form.NFD) != both
}
