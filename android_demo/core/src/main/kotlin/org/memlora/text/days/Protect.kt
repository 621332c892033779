package org.memlora.text.days

import org.memlora.text.PatternFlag
import org.memlora.text.lower
import org.memlora.text.pattern

private const val HIDDEN = '\u0000'
private const val EDGE = ".,;:!?)(\"'*\u2026"
private val TOKEN = pattern("[^ \\t\\r\\n\\u00a0]+")
private val FILE_ENDS =
    pattern("txt|pdf|docx?|xlsx?|csv|md|jpe?g|png|gif|mp[34]|mov|zip|html?|jsonl?|py|kt|wav|heic|webp|pptx?|com|org|net|io|app")
private val ZONES =
    listOf(
        pattern("^[ \\t]*>[^\\n]*", PatternFlag.MULTILINE), // a quoted line of a mail
        pattern("`[^`\\n]*`"),
        pattern("\\[[^\\[\\]\\n]*\\]"),
        pattern("\\u201c[^\\u201c\\u201d\\n]*\\u201d"),
        pattern("\\u201e[^\\u201c\\u201d\\u201e\\n]*[\\u201c\\u201d]"),
        pattern("\\u00ab[^\\u00ab\\u00bb\\n]*\\u00bb"),
        pattern("\\u2018[^\\u2018\\u2019\\n]*\\u2019(?![A-Za-z])"),
        pattern("(?<![0-9])\"[^\"\\n]*\""),
        pattern("(?<![A-Za-z0-9'])'[A-Za-z][^'\\n]*'(?![A-Za-z0-9'])"),
    )

/**
 * [text] in small letters (A to Z only), of the same length: what is protected is NUL, apostrophes are straight.
 *
 * Protected are links, mail addresses, tags, file names, code, quotes and brackets, where a date word is no date.
 */
internal fun hide(text: String): String {
    var hidden = text
    for (pattern in listOf(TOKEN) + ZONES) {
        val signs = hidden.toCharArray()
        for (match in pattern.findAll(hidden)) {
            if (pattern !== TOKEN || isAddress(match.value)) signs.fill(HIDDEN, match.range.first, match.range.last + 1)
        }
        hidden = String(signs)
    }
    return String(CharArray(hidden.length) { smallOrStraight(hidden[it]) })
}

private fun smallOrStraight(sign: Char): Char =
    when (sign) {
        in 'A'..'Z' -> sign + 32
        '\u2018', '\u2019' -> '\''
        else -> sign
    }

/** A link, mail address, name after @, tag, path or file name. */
private fun isAddress(token: String): Boolean {
    val bare = token.trim { it in EDGE }
    if ("://" in bare || lower(bare).startsWith("www.") || '_' in bare) return true
    if ("@#/\\".any { it in bare && !bare.endsWith(it) } && bare.any { it in 'a'..'z' || it in 'A'..'Z' }) return true
    return '.' in bare && FILE_ENDS.matches(lower(bare.substringAfterLast('.')))
}
