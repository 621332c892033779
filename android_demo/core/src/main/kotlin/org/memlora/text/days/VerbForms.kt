package org.memlora.text.days

import org.memlora.text.isUpper
import org.memlora.text.pattern

/** What a verb form tells. [MAYBE]: `they put`, `I let`, past or present. */
internal enum class Tense { PAST, FUTURE, PRESENT, MAYBE }

private const val MOVED_WORDS = 6 // between `moved` and its `to`
private const val CAUSED_WORDS = 6 // between `gets` and its `replaced`
private val SUBJECTS = setOf("i", "we", "they", "he", "she", "to")
private val PERSONS = setOf("they", "we", "i", "you")
private val OTHERS = setOf("he", "she", "it")

/** A day or a clock in digits, but not `4 days a week`, `22 Baker Street`. */
private val DIGIT =
    pattern(
        "[ \\t]+(?:the[ \\t]+)?[0-9]{1,2}(?:st|nd|rd|th|:[0-9]|[ \\t]?[ap]\\.?m|[ \\t]+(?:on|at|of)[ \\t]|[ \\t]*(?:[.!?;\\n]|$))",
    )

/**
 * The tense of each word of a text, told by lists of words (`tense.json`), by endings (-ed, -ing) and by the two words
 * around; no grammar. What no list knows has no tense.
 */
internal class VerbForms(
    private val words: Words,
    private val written: String,
) {
    private val all = words.all

    fun tense(i: Int): Tense? {
        val word = all[i].text
        if (isName(i)) return null
        if (word in wordsOf("modal") || word.endsWith("'ll")) return Tense.FUTURE
        if (word in wordsOf("maybe")) return Tense.PRESENT
        val follower = near(i, 1)
        if (word.endsWith("'d")) return if (isPast(follower)) Tense.PAST else Tense.FUTURE
        if (word in wordsOf("have") || word.endsWith("'ve")) {
            val isDone = isPast(follower) && follower != "got"
            return if (following(i) == "to") Tense.FUTURE else if (isDone) Tense.PAST else Tense.PRESENT
        }
        if ((word in wordsOf("be") || word in wordsOf("present")) && isBare(i)) return null
        if (isBe(word)) return if (follower.endsWith("ing")) Tense.FUTURE else if (follower == "done") Tense.PAST else Tense.PRESENT
        if (word.endsWith("'s")) return ofShortIs(i, word, follower)
        return ofOther(i, word, near(i, -1))
    }

    private fun ofOther(
        i: Int,
        word: String,
        leader: String,
    ): Tense? {
        if (word == "to" && (leader in wordsOf("asking") || leads(i) || isPutOff(i))) return Tense.FUTURE
        if (word == "got" && words.lastBefore(i, 2).any { isHave(it.text) }) return Tense.PRESENT
        if (word in wordsOf("either") && leader in PERSONS) return Tense.MAYBE
        if (isCaused(i)) return Tense.PRESENT
        if (word.endsWith("ing") && word.length > 4 && word !in wordsOf("noun_ing") && opensClause(i)) return Tense.FUTURE
        val direct = if (i > 0) all[i - 1].text else ""
        if (isPast(word)) {
            if (direct in wordsOf("bare") || leader in wordsOf("bare")) return null
            return if (isBe(leader)) Tense.PRESENT else Tense.PAST
        }
        if (word in wordsOf("pronoun")) return ofUnknown(i, word)
        return Tense.PRESENT.takeIf { word in wordsOf("present") && direct != "to" }
    }

    /** `he's`; null for the owner of something. */
    private fun ofShortIs(
        i: Int,
        word: String,
        follower: String,
    ): Tense? {
        val isDone = isPast(follower) && follower != "got"
        val isVerb = word in wordsOf("holds_is") || isDone || following(i) in wordsOf("after_is")
        val tense = if (isDone) Tense.PAST else if (follower.endsWith("ing")) Tense.FUTURE else Tense.PRESENT
        return tense.takeIf { isVerb }
    }

    /** `they offer`, `she brings`, `he put`: a verb that no list knows. */
    private fun ofUnknown(
        i: Int,
        pronoun: String,
    ): Tense? {
        val verb = near(i, 1)
        val isKnown = verb in Tables.known || verb in wordsOf("break") || isPast(verb) || '\'' in verb
        if (verb.isEmpty() || isKnown || verb in wordsOf("follow") || verb.endsWith("ing")) return null
        val isEither = verb in wordsOf("either")
        if (pronoun !in OTHERS) return Tense.PRESENT.takeUnless { isEither }
        return if (verb.endsWith("s")) Tense.PRESENT else Tense.PAST.takeIf { isEither }
    }

    private fun following(i: Int): String = all.getOrNull(i + 1)?.text.orEmpty()

    /** The next word to the right (1) or left (-1) that is no adverb, within the sentence. */
    private fun near(
        i: Int,
        step: Int,
    ): String {
        var j = i + step
        while (j in all.indices && j - i in -NEAR_WORDS..NEAR_WORDS && all[j].sentence == all[i].sentence) {
            if (all[j].text !in wordsOf("adverb")) return all[j].text
            j += step
        }
        return ""
    }

    /** After `will`, `to`, `did (you)`: the verb before tells. */
    private fun isBare(i: Int): Boolean {
        var j = i - 1
        while (j >= maxOf(0, i - NEAR_WORDS) && (all[j].text in wordsOf("adverb") || all[j].text in wordsOf("pronoun"))) j--
        val leader = if (j >= 0) all[j].text else ""
        if (words.lastBefore(i, 4).any { it.text == "let" }) return true
        return leader in wordsOf("modal") || leader in wordsOf("did") || leader == "to" || leader.endsWith("'ll")
    }

    /** A capital inside a sentence: `Stansted` is no past form. */
    private fun isName(i: Int): Boolean {
        val place = all[i].place
        val word = all[i].text
        if (written[place] !in 'A'..'Z' || word == "i" || word.startsWith("i'") || words.opens(place)) return false
        return word.length == 1 || !isUpper(written.substring(place, place + word.length))
    }

    private fun opensClause(i: Int): Boolean {
        var j = i - 1
        while (j >= maxOf(0, i - NEAR_WORDS) && all[j].text in wordsOf("adverb")) j--
        return j < 0 || !all[j].isBeside(all[i])
    }

    /** `asked him to come`: a verb of asking one or two words before `to`. */
    private fun leads(i: Int): Boolean = words.lastBefore(i, 3).any { it.text in wordsOf("asking") }

    /** `gets the left one replaced`, `having it done`: what others are to do. */
    private fun isCaused(i: Int): Boolean {
        val word = all[i].text
        if (word !in wordsOf("participle") && !(isPast(word) && word.endsWith("ed"))) return false
        val before = words.lastBefore(i, CAUSED_WORDS).asReversed()
        val end = before.firstOrNull { it.text in wordsOf("getting") || isNewClause(it, all[i]) }
        return end != null && end.text in wordsOf("getting")
    }

    private fun isNewClause(
        word: Word,
        verb: Word,
    ): Boolean = word.text in wordsOf("break") || word.text in SUBJECTS || !word.isBeside(verb)

    /** `moved (the dentist) to Friday`, but not `moved to Rome in May`: a day follows the `to` there. */
    private fun isPutOff(i: Int): Boolean {
        val end = all[i].place + all[i].text.length
        val next = all.subList(i + 1, minOf(all.size, i + 5)).firstOrNull { it.text !in wordsOf("which") }
        val isDay = next?.text.orEmpty() in wordsOf("days") || DIGIT.matchAt(words.text, end) != null
        return isDay && words.lastBefore(i, MOVED_WORDS).any { it.text in wordsOf("moving") && it.isBeside(all[i]) }
    }
}

private fun isBe(word: String): Boolean = word in wordsOf("be") || word.endsWith("'re") || word.endsWith("'m")

private fun isHave(word: String): Boolean = word in wordsOf("have") || word.endsWith("'s") || word.endsWith("'ve")

private fun isPast(word: String): Boolean =
    word in wordsOf("past") || (word.length > 4 && word.endsWith("ed") && word !in wordsOf("not_past"))
