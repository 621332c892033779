package org.memlora.text

/**
 * Letters that Python's `re.IGNORECASE` takes for one another beyond small, capital and title form: the dotless i, the
 * long s, the signs Kelvin and Angstrom, and the second forms of Greek and Cyrillic letters.
 */
private val SAME_LETTERS: Map<Int, List<Int>> =
    listOf(
        "iI\u0130\u0131", "kK\u212a", "sS\u017f", "\u00b5\u039c\u03bc", "\u00e5\u00c5\u212b", "\u00df\u1e9e", "\u0345\u0399\u03b9\u1fbe",
        "\u0390\u1fd3", "\u0392\u03b2\u03d0", "\u0395\u03b5\u03f5", "\u0398\u03b8\u03d1\u03f4", "\u039a\u03ba\u03f0", "\u03a0\u03c0\u03d6",
        "\u03a1\u03c1\u03f1", "\u03a3\u03c2\u03c3", "\u03a6\u03c6\u03d5", "\u03a9\u03c9\u2126", "\u03b0\u1fe3", "\u0412\u0432\u1c80",
        "\u0414\u0434\u1c81", "\u041e\u043e\u1c82", "\u0421\u0441\u1c83", "\u0422\u0442\u1c84\u1c85", "\u042a\u044a\u1c86",
        "\u0462\u0463\u1c87", "\u1c88\ua64a\ua64b", "\u1e60\u1e61\u1e9b", "\ufb05\ufb06",
    ).flatMap { letters -> letters.map { it.code to letters.map(Char::code) } }.toMap()

/** The code points that Python takes for [sign] where the case is ignored; with [ascii] only those of A to Z. */
internal fun caseVariants(
    sign: Int,
    ascii: Boolean,
): Set<Int> {
    val small = Character.toLowerCase(sign)
    val variants = sortedSetOf(sign, small, Character.toUpperCase(small), Character.toTitleCase(small))
    SAME_LETTERS[small]?.let(variants::addAll)
    return if (ascii) variants.filterTo(sortedSetOf()) { it == sign || (sign < 128 && it < 128) } else variants
}
