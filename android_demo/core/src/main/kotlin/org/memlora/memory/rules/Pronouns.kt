package org.memlora.memory.rules

import org.memlora.memory.rules.english.BASES
import org.memlora.memory.rules.english.PASTS
import org.memlora.memory.rules.english.SAME
import org.memlora.memory.rules.english.Sentence
import org.memlora.memory.rules.english.THIRDS
import org.memlora.memory.rules.english.firstLetter
import org.memlora.memory.rules.english.isVerb
import org.memlora.memory.rules.english.letters
import org.memlora.memory.rules.english.words
import org.memlora.text.isUpper

private val FINITE = PASTS - SAME + THIRDS + words("modals") + words("auxiliaries")
private const val BESIDE = "-/)&@#+_"
private const val COUPLE_REACH = 6 // words
private val DETERMINERS = words("determiners")
private val SUBJECTS = words("subjects") + setOf("i", "i'm", "i've")
private val NUMERALS = words("numerals")
private val REGNAL = words("regnal")
private val NOUN_MINE = words("before_noun_mine")
private val SAID = setOf("like", "love", "rather", "prefer", "say")

/** Whether the `I` there is the speaker: no Roman numeral, letter of a list, initial or part of a name. */
internal fun isPronoun(
    sentence: Sentence,
    place: Int,
): Boolean {
    val part = sentence.parts[place]
    val gap = sentence.gap(place)
    val before = if (part.before == " ") sentence.low(place - 1) else ""
    if (part.low != "i") return true
    if (part.before.lastOrNull().isBeside() || gap.firstOrNull().isBeside()) return false
    if (gap.startsWith(".")) {
        val isInitial = sentence.low(place - 1).letters < 2
        val goesOn = gap.length > 1 && gap[1] !in " \n."
        return !(part.isFirst || goesOn || isInitial) && before !in NUMERALS
    }
    if (part.isFirst && gap.startsWith(", ") && place + 1 < sentence.parts.size) {
        return !isUpper(firstLetter(sentence.parts[place + 1].text))
    }
    val isRegnal = before in REGNAL && isUpper(firstLetter(sentence.parts[place - 1].text))
    if ((before == "war" && sentence.low(place - 2) == "world") || isRegnal) return false
    return before !in NUMERALS || isVerb(sentence.after(place))
}

private fun Char?.isBeside(): Boolean = this != null && this in BESIDE

/** `ill` and `id` for `I'll` and `I'd`: at the beginning, before a verb. */
internal fun isTypedShort(
    sentence: Sentence,
    place: Int,
): Boolean {
    val part = sentence.parts[place]
    val after = sentence.after(place)
    if (part.low != "ill") return part.low == "id" && after in SAID
    return part.isFirst && (after == "be" || (after in BASES && after != "let") || after == "never" || after == "also")
}

/** Whether `my`, `me`, `mine` and the like there are the speaker's: no title, no gold mine, no `oh my`. */
internal fun isOwned(
    sentence: Sentence,
    place: Int,
): Boolean {
    val part = sentence.parts[place]
    val before = sentence.low(place - 1)
    val isShouted = part.text == "ME" || part.text == "MINE"
    if (isTitle(sentence, place) || isShouted || (part.low == "my" && before == "oh")) return false
    return part.low != "mine" || before !in NOUN_MINE
}

/** A capital letter inside the sentence, before another: `My Fair Lady`. */
internal fun isTitle(
    sentence: Sentence,
    place: Int,
): Boolean {
    val part = sentence.parts[place]
    val after = sentence.parts.getOrNull(place + 1)?.text ?: "A"
    return !part.isFirst && part.before == " " && isUpper(firstLetter(part.text)) && isUpper(firstLetter(after))
}

/** `My wife and I`: a name or a noun with its article, and no verb before it in the clause. */
internal fun isOneOfTwo(
    sentence: Sentence,
    place: Int,
): Boolean {
    if (sentence.low(place - 1) != "and") return false
    val parts = sentence.parts
    var first = place - 1
    while (first > 0 && place - first < COUPLE_REACH && parts[first].before == " ") first--
    val before = parts.subList(first, place - 1)
    val opening = before.firstOrNull() ?: return false
    val opens = opening.low in DETERMINERS || isUpper(firstLetter(opening.text))
    val verbs = before.zipWithNext { last, part -> part.low.takeIf { last.low !in DETERMINERS } }.filterNotNull()
    return opens && opening.low !in SUBJECTS && verbs.none { it in BASES || it in FINITE }
}

/** Whether the `'d` there is `had`: a participle follows, or `better`. */
internal fun hasParticiple(
    sentence: Sentence,
    place: Int,
): Boolean {
    val low = sentence.low(sentence.pastAdverbs(place + 1))
    return low == "better" || (low in PASTS && low !in BASES && low !in SAME)
}
