package org.memlora.memory.rules

import org.memlora.memory.rules.english.entry
import org.memlora.memory.rules.english.table
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.pattern
import org.memlora.text.stripBlanks

private val QUOTE = pattern("[\"\\u201c\\u201d\\u00ab\\u00bb`]")
private val PLAIN =
    table("plain").let { patterns ->
        val opening = patterns.entry("opening")
        patterns.keys.filter { it != "opening" }.map { pattern(opening + patterns.entry(it), IGNORECASE) }
    }

/**
 * Whether a sentence, as the speaker said it, tells so plainly of himself or of what is his that it is kept whatever a
 * model says; no question and no quotation.
 */
public fun isPlainStatement(sentence: String): Boolean {
    val text = stripBlanks(sentence)
    return !text.endsWith("?") && !QUOTE.containsMatchIn(text) && PLAIN.any { it.matchesAt(text, 0) }
}
