package org.memlora.memory.rules

import org.memlora.memory.rules.english.BASES
import org.memlora.memory.rules.english.PASTS
import org.memlora.memory.rules.english.Sentence
import org.memlora.memory.rules.english.afterFirstLetter
import org.memlora.memory.rules.english.firstLetter
import org.memlora.memory.rules.english.isVerb
import org.memlora.memory.rules.english.third
import org.memlora.memory.rules.english.tokenSentences
import org.memlora.memory.rules.english.tokens
import org.memlora.memory.rules.english.words
import org.memlora.text.isUpper
import org.memlora.text.lower
import org.memlora.text.stripBlanks
import java.util.Locale

private val ADVERBS = words("adverbs")
private val MODALS = words("modals")
private val OBJECTS = words("determiners")
private val PREPOSITIONS = words("prepositions")
private val VERBAL = words("verbal")
private val SUBJECTS = words("subjects")
private val MOTION = words("motion")
private val AFTER_PAST = words("after_past")
private val HAVE_DO =
    mapOf(
        "am" to "is", "have" to "has", "haven't" to "hasn't", "havent" to "hasn't",
        "do" to "does", "don't" to "doesn't", "dont" to "doesn't",
    )
private val I =
    mapOf(
        "i" to "", "i'm" to "is", "im" to "is", "i've" to "has", "ive" to "has", "i'll" to "will", "ill" to "will",
        "i'd" to "would", "id" to "would",
    )
private val WE = mapOf("we" to "", "we're" to " are", "we've" to " have", "we'll" to " will", "we'd" to " would")
private val SUBORDINATE = words("subordinate")
private val OWN = setOf("my", "our", "mine", "ours", "me", "myself")
private val FINITE = words("others_verbs") + MODALS + words("auxiliaries")
private val OTHERS_VERBS = words("others_verbs") + MODALS + VERBAL.filter { it in BASES }.map(::third)
private val NOUNS_TOO = setOf("work", "study", "train", "play", "volunteer")

/** What the last verb of `I` was. */
private enum class Verb { NONE, PRESENT, PAST, BARE }

/**
 * [text] with its first person replaced by [speaker] (empty or a pronoun: the user), its other words kept.
 *
 * `I moved` is `Tom moved`, `my cat` is `Tom's cat`. Present verbs of `I` get their ending where they are in the table of
 * verbs; a sentence that begins with a verb of the speaker gets its subject. Quotations, links and addresses are left alone.
 */
public fun thirdPerson(
    text: String,
    speaker: String,
): String {
    val label = stripBlanks(speaker)
    val name = if (label.isEmpty() || lower(label) in PRONOUNS - "assistant") "the user" else label
    val whole = tokens(text)
    tokenSentences(whole).forEach { Rewriting(it, name).run() }
    return whole.parts.joinToString("") { it.before + it.out } + whole.tail
}

/** A sentence while it is told of [name] instead of `I`. */
private class Rewriting(
    private val sentence: Sentence,
    private val name: String,
) {
    private val parts = sentence.parts
    private var verb = Verb.NONE
    private var isInfinitive = false
    private var isSubordinate = false
    private var hasWe = false
    private var read = -1 // the last verb of `I` that was looked at

    fun run() {
        val missing = missingSubject(sentence)
        if (missing != null) insert(missing)
        for (place in (if (missing == null) 0 else missing.verb + 1) until parts.size) rewrite(place)
    }

    private fun rewrite(place: Int) {
        val part = parts[place]
        isSubordinate = isSubordinate || part.low in SUBORDINATE
        if (part.isShut || part.out != part.text) return
        val isTyped = part.low != "ill" && part.low != "id"
        if (part.low in I && (isTyped || isTypedShort(sentence, place))) {
            if (isPronoun(sentence, place)) subject(place)
        } else if (part.low in OWN) {
            if (isOwned(sentence, place)) part.out = own(place)
        } else if (part.low in WE && !hasWe && !isTitle(sentence, place)) {
            we(place)
        } else if (place > read) {
            follow(place)
        }
    }

    private fun own(place: Int): String =
        when (parts[place].low) {
            "myself" -> "themself"
            "me" -> named(place)
            else -> "${named(place)}'s"
        }

    private fun insert(missing: Missing) {
        val first = parts[missing.place]
        if (first.isFirst) {
            if (!isUpper(first.text)) first.text = lower(firstLetter(first.text)) + afterFirstLetter(first.text)
            first.out = first.text
        }
        if (missing.auxiliary.isNotEmpty()) {
            first.out = "${missing.auxiliary} ${first.out}"
            verb = Verb.PRESENT
        } else {
            inflect(missing.verb)
        }
        first.out = "${named(missing.place)} ${first.out}"
    }

    private fun named(place: Int): String = if (parts[place].isFirst) capital(name) else name

    private fun subject(place: Int) {
        val part = parts[place]
        val before = sentence.low(place - 1)
        var added = I.getValue(part.low)
        part.out = named(place)
        isInfinitive = false
        val isAsked = part.before == " " && (before in HAVE_DO || before in MODALS || before == "did" || before == "was" || before == "didn't")
        if (added.isNotEmpty()) {
            if (added == "would" && hasParticiple(sentence, place)) added = "had"
            part.out += " $added"
            verb = if (added == "is" || added == "has") Verb.PRESENT else Verb.BARE
        } else if (isAsked) {
            val subject = sentence.low(place - 2)
            if (subject !in SUBJECTS && subject != "i" && subject != "to") { // do I -> does Tom
                change(place - 1, HAVE_DO[before] ?: before)
                verb = Verb.BARE
            }
        } else if (isOneOfTwo(sentence, place)) {
            verb = Verb.NONE
        } else {
            inflect(sentence.pastAdverbs(place + 1))
        }
    }

    private fun change(
        place: Int,
        word: String,
    ) {
        val part = parts[place]
        val spelt = if ('\u2019' in part.text) word.replace('\'', '\u2019') else word
        part.out = if (isUpper(firstLetter(part.text))) capital(spelt) else spelt
    }

    /** The verb at [place] as one of the speaker's: with its ending where it is a present of the table. */
    private fun inflect(place: Int) {
        val low = sentence.low(place)
        read = place
        verb = if (low in PASTS || low.endsWith("ed")) Verb.PAST else Verb.NONE
        if (low in HAVE_DO) {
            change(place, HAVE_DO.getValue(low))
            verb = if (low == "do" || low == "don't" || low == "dont") Verb.BARE else Verb.PRESENT
        } else if (low in MODALS || low == "didn't" || low == "didnt") {
            verb = Verb.BARE
        } else if (low in BASES) {
            change(place, third(low))
            verb = Verb.PRESENT
        }
    }

    private fun we(place: Int) {
        val part = parts[place]
        val added = if (part.low == "we'd" && hasParticiple(sentence, place)) " had" else WE.getValue(part.low)
        part.out = "${if (part.isFirst) "We" else "we"} ($name)$added"
        hasWe = true
        verb = Verb.NONE
    }

    /** A later word: a verb of the same subject (`and work at`) is inflected, another subject ends that. */
    private fun follow(place: Int) {
        val low = parts[place].low
        val after = sentence.after(place)
        val toPlace = (after == "work" || after == "bed" || after == "school") && sentence.low(place - 1) in MOTION
        val isOther = parts[place].text in OTHERS_VERBS || low in OTHERS || (low in SUBJECTS && isVerb(after))
        if (low == "to" && after in BASES && !toPlace) {
            isInfinitive = true
        } else if (low == "but") {
            isInfinitive = false
            if (verb != Verb.NONE) verb = Verb.PRESENT
        } else if (isOther) {
            verb = Verb.NONE
        } else if ((low in BASES || low in HAVE_DO) && isJoined(place) && isSurelyVerb(place)) {
            inflect(place)
        }
    }

    /** Whether a verb there follows `and`, `but`, `or` or a comma, and the speaker's verb before. */
    private fun isJoined(last: Int): Boolean {
        if ((verb != Verb.PRESENT && verb != Verb.PAST) || isInfinitive) return false
        var place = last
        while (place > 0 && sentence.low(place - 1) in ADVERBS && parts[place].before == " ") place--
        if (parts[place].before == ", " && verb == Verb.PRESENT) return !isSubordinate && parts[place].low != "like"
        return sentence.low(place - 1) in JOINING
    }

    /** Whether a word there that is a noun too (`work`, `plant`) is a verb: by what follows it. */
    private fun isSurelyVerb(place: Int): Boolean {
        val low = parts[place].low
        val after = sentence.after(place)
        return when {
            after.isEmpty() || after in FINITE || (verb == Verb.PAST && low !in AFTER_PAST) -> false
            low in NOUNS_TOO -> after in OBJECTS || after in PREPOSITIONS || after.endsWith("-time")
            else -> low in VERBAL || low in HAVE_DO || (after in OBJECTS && verb == Verb.PRESENT)
        }
    }

    private companion object {
        val OTHERS = setOf("he", "she", "they", "who")
        val JOINING = setOf("and", "but", "or")

        fun capital(word: String): String = firstLetter(word).uppercase(Locale.ROOT) + afterFirstLetter(word)
    }
}
