package org.memlora.memory.rules.english

import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.lower
import org.memlora.text.pattern

private const val SHUT =
    "\"[^\"\\n]*\"|\\u201c[^\\u201c\\u201d\\n]*\\u201d|\\u00ab[^\\u00ab\\u00bb\\n]*\\u00bb|`[^`\\n]*`|" +
        "\\u2018[^\\u2018\\n]*?\\u2019(?![^\\W_])|(?:https?://|www\\.)[^\\s]+|(?<![^\\s])[^\\s@\\\"]+@[^\\s]+"
private val TOKEN = pattern("(?P<shut>$SHUT)|$WORD", IGNORECASE)
private val END = pattern("(?:[.!?\\u2026][\\\"')\\]}*_\\u201d\\u2019\\u00bb]*[\\s]|\\n|[\\u3002\\uff01\\uff1f])")

/** Short forms whose full stop ends no sentence (`m` of `p.m.`, `g` of `e.g.`). */
private val SHORT = words("short_forms")
private val ADVERBS = words("adverbs")
private val VERBS = BASES + PASTS + THIRDS + words("modals") + words("auxiliaries")
private val NO_VERB_AFTER = ADVERBS - setOf("both", "all", "so", "very", "well")

/** A word as a pattern: letters and digits, with apostrophes inside; nothing after it ever makes it shorter. */
internal const val WORD: String = "[^\\W_]+(?:['\\u2019][^\\W_]+)*+"

/** A word: what stands before it, itself, itself in small letters, and what is written for it. */
internal class Token(
    val before: String,
    var text: String,
    val low: String,
    val isShut: Boolean,
    val isFirst: Boolean,
) {
    var out: String = text
}

/** The tokens of a sentence and what follows its last one. */
internal class Sentence(
    val parts: List<Token>,
    val tail: String,
) {
    /** The word at a place in small letters; empty outside and for a quotation. */
    fun low(place: Int): String = parts.getOrNull(place)?.takeIf { !it.isShut }?.low.orEmpty()

    /** The next word in small letters, with at most a comma between; empty where there is none. */
    fun after(place: Int): String = if (gap(place) == " " || gap(place) == ", ") low(place + 1) else ""

    /** What stands between a token and the next. */
    fun gap(place: Int): String = if (place + 1 < parts.size) parts[place + 1].before else tail

    /** The first place from [start] on that holds no adverb. */
    fun pastAdverbs(start: Int): Int {
        var place = start
        while (true) {
            val low = low(place)
            place +=
                when {
                    low == "no" && low(place + 1) == "longer" -> 2
                    low in ADVERBS || (low.endsWith("ly") && low !in BASES) -> 1
                    else -> return place
                }
        }
    }
}

/** The tokens of a text, and what follows the last; quotations, links and mail addresses are one token. */
internal fun tokens(text: String): Sentence {
    val found = ArrayList<Token>()
    var end = 0
    for (match in TOKEN.findAll(text)) {
        val before = text.substring(end, match.start)
        val isFirst = found.isEmpty() || (END.containsMatchIn(before) && !(before.startsWith(".") && found.last().low in SHORT))
        val low = lower(match.value).replace('\u2019', '\'')
        found.add(Token(before, match.value, low, match.groups["shut"] != null, isFirst))
        end = match.end
    }
    return Sentence(found, text.substring(end))
}

/** The sentences that tokens make up; they share the tokens. */
internal fun tokenSentences(text: Sentence): List<Sentence> {
    val parts = text.parts
    val starts = parts.indices.filter { it == 0 || parts[it].isFirst }
    return starts.mapIndexed { index, start ->
        val end = starts.getOrElse(index + 1) { parts.size }
        Sentence(parts.subList(start, end), text.gap(end - 1))
    }
}

/** Whether a word in small letters is a form of a verb of the table, an auxiliary, or an adverb before one. */
internal fun isVerb(low: String): Boolean = low in VERBS || low in NO_VERB_AFTER
