package org.memlora.memory.rules.english

import kotlinx.serialization.json.jsonObject
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.pattern
import org.memlora.text.splitAtBlanks

// Whether a question is about a picture, and what of it is to be seen: as Python's rules/english/pictures.py says it.

private val TABLE = table("pictures")
private val NAMED = pattern("${TABLE.entry("in")}${TABLE.entry("picture")}|${TABLE.entry("shows")}", IGNORECASE)
private val KNOWN = pattern(TABLE.entry("known"), IGNORECASE)
private val KINDS = patterns("kinds")
private val TOLD = patterns("told")

/** Words that do not say which picture is meant. */
internal val PICTURE_WORDS: Set<String> = TABLE.list("plain").toSet()

/** Whether a [question] asks for what is in a picture that it names; `Who took the photo?` does not. */
public fun namesAPicture(question: String): Boolean {
    val text = inOneLine(question)
    return NAMED.containsMatchIn(text) && (whatIsSeen(text).isNotEmpty() || !KNOWN.containsMatchIn(text))
}

/**
 * What a [question] asks for that is to be seen, empty for nothing.
 *
 * Else `colour`, `count`, `text`, `place`, `size`, `odd` or `scene`.
 */
public fun whatIsSeen(question: String): String {
    val text = inOneLine(question)
    return KINDS.entries.firstOrNull { it.value.containsMatchIn(text) }?.key ?: ""
}

/** Whether a [text] may tell what a question of this [kind] asks for: it names a colour, a number, what is written. */
public fun tellsWhatIsSeen(
    text: String,
    kind: String,
): Boolean = TOLD[kind]?.containsMatchIn(text) ?: false

private fun patterns(name: String): Map<String, Regex> =
    TABLE.getValue(name).jsonObject.let { table -> table.keys.associateWith { pattern(table.entry(it), IGNORECASE) } }

private fun inOneLine(text: String) = splitAtBlanks(text).joinToString(" ")
