package org.memlora.memory.rules

import org.memlora.memory.rules.english.end
import org.memlora.memory.rules.english.firstLetter
import org.memlora.memory.rules.english.lettersAfter
import org.memlora.memory.rules.english.lettersBefore
import org.memlora.memory.rules.english.start
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.escapePattern
import org.memlora.text.isUpper
import org.memlora.text.lower
import org.memlora.text.pattern
import org.memlora.text.recurringPattern
import org.memlora.text.sentences
import org.memlora.text.splitAtBlanks
import org.memlora.text.stripBlanks
import java.text.Normalizer

/** Words that name nobody even as a speaker's label. */
internal val PRONOUNS: Set<String> =
    setOf("i", "me", "you", "we", "us", "he", "him", "she", "her", "it", "they", "them", "user", "assistant")
private val MONTHS =
    splitAtBlanks("january february march april may june july august september october november december").toSet()
private const val WORDS =
    "will mark hope art rose bill grace joy faith dawn summer autumn jack rob pat sue drew chase chance guy ray " +
        "penny olive ivy daisy lily ruby sky hunter miles max frank grant lance victor nick rich gene jay robin wade " +
        "reed stone angel star so an ken dick don ward dean duke earl king prince page rusty sandy sunny happy lucky " +
        "heather holly iris violet ginger honey candy crystal amber pearl jade jean gay merry carol melody harmony " +
        "patience prudence charity christian norm cliff dale glen brook river rain storm buck bob bud chip cash curt " +
        "buddy major mason baker cook smith young long short brown green white black gray hill wood wells rivers " +
        "banks sage basil rosemary china paris sydney florence austin dallas india jordan chad israel georgia " +
        "savannah virginia carolina trace tab van ty see can do go"
private val COMMON_WORDS = MONTHS + splitAtBlanks(WORDS)
private val AFTER =
    pattern(
        "(?:'s\\b|\\u2019s\\b| (?:is|was|has|had|and|said|told|went|got|did|does|will|would|can|could|[a-z]+(?:s|ed))\\b)",
    )
private val BEFORE_MONTH =
    pattern(
        "(?:\\b(?:in|last|next|this|since|until|till|by|early|late|mid|of|during|from|before|after|every|[0-9]+(?:st|nd|rd|th)?)" +
            "|[0-9])[ -]$",
        IGNORECASE,
    )
private val DAY_AFTER = pattern(",? [0-9]")
private val FIRST_PERSON = pattern("\\b(?:I|me|my|mine|myself)\\b")
private val OF_SELF = pattern("\\b(?:I|me|my|mine|myself)\\b", IGNORECASE)
private val ADDRESS = pattern("\\b(?:you|your|yours|congrat(?:ulation)?s|well done|good luck)\\b", IGNORECASE)
private val FIRST = pattern("(?:^|[.!?:;\\n\\\"\\u201c] ?)$")
private const val GREETINGS =
    "hey|hi|hello|dear|thanks|thank you|cheers|bye|good morning|good evening|good night|wow|oh|ah|aww?|yeah|yes|yep|no|" +
        "nope|sure|great|nice|cool|awesome|congrats|congratulations|well|so|ok|okay|sorry|please|right|and|but"
private const val REACH = 60 // letters beside a name that are looked at

/**
 * The speakers whose name stands in [text].
 *
 * A name that is no English word is found in any case; one that is (`Will`, `May`) only with its capital letter, not as
 * the first word of a sentence unless a verb or `'s` follows it, and a month's not beside a day or after `in`. A pronoun
 * as a speaker's label names nobody.
 */
public fun named(
    text: String,
    speakers: Collection<String>,
): Set<String> {
    val composed = Normalizer.normalize(text, Normalizer.Form.NFC)
    return speakers.filterTo(LinkedHashSet()) { isNamed(stripBlanks(Normalizer.normalize(it, Normalizer.Form.NFC)), composed) }
}

/**
 * The sentences of [text], said by [speaker], that may tell something of those that [question] is about.
 *
 * Those are the speakers it names, and its [asker] where it is in the first person. Another one speaks of them where a
 * sentence names one of them or says `you`, and so on until one in the first person; to call somebody by his name
 * (`Hi Tom, I ..`) tells nothing of him. Whoever has no name may always, and so may everybody where no speaker is asked
 * about.
 */
public fun toldOf(
    text: String,
    speaker: String,
    question: String,
    asker: String,
    speakers: Collection<String>,
): String {
    val self = if (asker in speakers && FIRST_PERSON.containsMatchIn(question)) setOf(asker) else emptySet()
    val asked = named(question, speakers) + self
    if (asked.isEmpty() || speaker.isEmpty() || speaker in asked) return text
    return tellings(text, asked, speakers).filter { it.second == Whose.THEIRS }.joinToString(" ") { it.first }
}

/** The sentences of [text] in which [speaker], not named by [question], tells of himself: no questions. */
public fun toldOfSelf(
    text: String,
    speaker: String,
    question: String,
    speakers: Collection<String>,
): String {
    val asked = named(question, speakers)
    if (asked.isEmpty() || speaker.isEmpty() || speaker in asked) return ""
    val own = tellings(text, asked, speakers).filter { it.second == Whose.OWN }.map { it.first }
    return own.filterNot(::isQuestion).joinToString(" ")
}

/** [text] without the speakers that it names, and without their `'s`. */
public fun withoutNames(
    text: String,
    speakers: Collection<String>,
): String {
    val bare =
        named(text, speakers).sortedWith(compareBy({ -it.codePointCount(0, it.length) }, { it })).fold(text) { rest, name ->
            val source = "(?<![\\w-])${escapePattern(name)}(?:['\\u2019]s)?(?![\\w-])"
            (if (lower(name) in COMMON_WORDS) pattern(source) else pattern(source, IGNORECASE)).replace(rest, "")
        }
    return splitAtBlanks(bare).joinToString(" ")
}

private enum class Whose { THEIRS, OWN, NOBODYS }

/** Each sentence of another one's text, and of whom it tells: of those asked about, of himself, of nobody yet. */
private fun tellings(
    text: String,
    asked: Set<String>,
    speakers: Collection<String>,
): List<Pair<String, Whose>> {
    var whose = Whose.NOBODYS
    return sentences(text).map { sentence ->
        val told = uncalled(sentence, speakers)
        if (named(told, speakers).any { it in asked } || ADDRESS.containsMatchIn(told)) {
            whose = Whose.THEIRS
        } else if (OF_SELF.containsMatchIn(told)) {
            whose = Whose.OWN
        }
        sentence to whose
    }
}

/** A sentence without the names by which it calls speakers: `Hi Tom! ..`, `.., Tom?` */
private fun uncalled(
    sentence: String,
    speakers: Collection<String>,
): String =
    speakers.map { stripBlanks(Normalizer.normalize(it, Normalizer.Form.NFC)) }.filter { it.isNotEmpty() }.fold(sentence) { rest, name ->
        val escaped = escapePattern(name)
        pattern("^(?:(?:$GREETINGS)[ ,!]+)*$escaped(?=[,.!?])|, ?$escaped(?=[,.!?])", IGNORECASE).replace(rest, "")
    }

private fun isNamed(
    name: String,
    text: String,
): Boolean {
    if (name.isEmpty() || lower(name) in PRONOUNS) return false
    val source = "(?<![\\w-])${escapePattern(name)}(?![\\w-])"
    if (lower(name) !in COMMON_WORDS) return recurringPattern(source, IGNORECASE).containsMatchIn(text)
    return recurringPattern(source).findAll(text).any { standsAsName(name, text, it) }
}

private fun standsAsName(
    name: String,
    text: String,
    match: MatchResult,
): Boolean {
    val before = lettersBefore(text, match.start, REACH)
    val after = lettersAfter(text, match.end, REACH)
    val isMonth = lower(name) in MONTHS && (BEFORE_MONTH.containsMatchIn(before) || DAY_AFTER.matchesAt(after, 0))
    return when {
        isMonth -> false
        FIRST.containsMatchIn(before) -> AFTER.matchesAt(after, 0)
        else -> isUpper(firstLetter(name))
    }
}
