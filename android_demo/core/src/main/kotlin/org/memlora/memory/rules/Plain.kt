package org.memlora.memory.rules

import org.memlora.memory.rules.english.BASES
import org.memlora.memory.rules.english.PASTS
import org.memlora.memory.rules.english.SAME
import org.memlora.memory.rules.english.THIRDS
import org.memlora.memory.rules.english.entry
import org.memlora.memory.rules.english.table
import org.memlora.memory.rules.english.words
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.lower
import org.memlora.text.pattern
import org.memlora.text.splitAtBlanks
import org.memlora.text.stripBlanks

private val QUOTE = pattern("[\"\\u201c\\u201d\\u00ab\\u00bb`]")
private val PLAIN =
    table("plain").let { patterns ->
        val opening = patterns.entry("opening")
        patterns.keys.filter { it != "opening" }.map { pattern(opening + patterns.entry(it), IGNORECASE) }
    }

private const val ENOUGH = 6 // content words
private val WORD = pattern("[^\\W_]+(?:'[^\\W_]+)*")
private const val CONTRACTED =
    "i'm i've i'd i'll we're we've we'll you're it's he's she's they're they've that's there's what's who's isn't " +
        "aren't wasn't weren't don't doesn't didn't can't couldn't won't wouldn't hasn't haven't hadn't"
private val FINITE =
    (PASTS - SAME - words("participles")) + THIRDS + words("modals") + words("auxiliaries") + splitAtBlanks(CONTRACTED)
private val PLURAL =
    splitAtBlanks("i we you they people children kids parents men women both all also always never only and").toSet()
private val LEANS =
    pattern(
        "(?:(?:and|but|so|well|oh|yes|yeah|no|nah|ok|okay|then|also|now|still),? )*" +
            "(?:he|she|it|they|that|this|these|those|there|his|her|hers|their|theirs|its|him|them)\\b",
        IGNORECASE,
    )
private const val SHORT = 3 // letters of a word whose ending says nothing

/**
 * Whether a sentence, as the speaker said it, tells so plainly of himself or of what is his that it is kept whatever a
 * model says; no question and no quotation.
 */
public fun isPlainStatement(sentence: String): Boolean {
    val text = stripBlanks(sentence)
    return !text.endsWith("?") && !QUOTE.containsMatchIn(text) && PLAIN.any { it.matchesAt(text, 0) }
}

/**
 * Whether a sentence says something without those before it.
 *
 * It has six content words, a noted date, or a verb whose subject does not lean on what was said (`She does.`).
 */
public fun standsAlone(sentence: String): Boolean {
    val said = withoutNotes(sentence).replace('\u2019', '\'')
    if (said != sentence.replace('\u2019', '\'') || contentWords(sentence).size >= ENOUGH) return true
    return hasVerb(WORD.findAll(said).map { lower(it.value) }.toList()) && !LEANS.matchesAt(said, 0)
}

/** A finite verb of the tables, or what looks like one behind a subject: `we live`, `Tom and Ana live`, `it expires today`. */
private fun hasVerb(low: List<String>): Boolean =
    low.indices.any { place ->
        val word = low[place]
        val before = low.subList(maxOf(0, place - 2), place)
        val isBehindSubject = before.any { it in PLURAL } || before.lastOrNull().orEmpty().endsWith("s")
        val isInflected = word.codePointCount(0, word.length) > SHORT && (word.endsWith("s") || word.endsWith("ed"))
        word in FINITE || (word in BASES && isBehindSubject) || (before.isNotEmpty() && place + 1 < low.size && isInflected)
    }
