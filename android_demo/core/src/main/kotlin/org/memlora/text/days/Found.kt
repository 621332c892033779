package org.memlora.text.days

import org.memlora.text.PatternFlag
import org.memlora.text.pattern
import org.memlora.text.splitAtBlanks
import java.time.LocalDate
import java.time.temporal.ChronoUnit

private val YEARS = pattern("(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
private val AFTER = pattern("[ \\t\\u00a0]*(?:([a-z\\u00c0-\\u024f]+(?:'[a-z]+)?)|(.)|$)", PatternFlag.DOTALL)
private val ENDING = pattern("(?:st|nd|rd|th)$")
private const val YEAR_REACH = 80

/** A single day that the text has named before. */
internal class NamedDay(
    val place: Int,
    val day: LocalDate,
    val hasMonth: Boolean,
)

/**
 * A match of a rule, with what its meaning needs to know: the day, the words around, the direction in time.
 *
 * @property match in [hidden]
 * @property hidden the text in small letters, protected places NUL
 * @property text as it was written
 * @property today the day it was said
 * @property tenses its verb forms
 * @property earlier single days that the text has named before
 */
internal class Found(
    val rule: Rule,
    val match: MatchResult,
    val hidden: String,
    val text: String,
    val today: LocalDate,
    val tenses: Tenses,
    val earlier: List<NamedDay>,
) {
    val start: Int = match.range.first
    val end: Int = match.range.last + 1

    /** The expression in small letters. */
    val plain: String get() = match.value

    /** The expression as it was written. */
    val said: String get() = text.substring(start, end)

    /** The same, said on another day. */
    fun on(day: LocalDate): Found = Found(rule, match, hidden, text, day, tenses, earlier)

    fun has(name: String): Boolean = name in rule.names && match.groups[name] != null

    /** What stands at `{name}`, with single spaces; "" where nothing does. */
    fun word(name: String): String = if (has(name)) splitAtBlanks(match.groups[name]!!.value).joinToString(" ") else ""

    /** The number it stands for, after the list of words [of]. */
    fun value(
        name: String,
        of: String = name,
    ): Int = Tables.numbers(of).getValue(word(name))

    fun tense(clauseOnly: Boolean = false): Tense? = tenses.at(start, end, clauseOnly)

    fun clauseWords(): List<String> = tenses.clauseWords(start, end)

    /** `always`, `every` in the clause: no single day is meant. */
    fun isHabit(): Boolean {
        val clause = clauseWords()
        return ("never" in clause && tense(clauseOnly = true) != Tense.PAST) || clause.any { it in wordsOf("habit") }
    }

    /** The month that the sentence, or the one before it, names without a day (`September, the 13th`), else 0. */
    fun monthBefore(): Int {
        val sentence = tenses.sentence(start)
        val months = Tables.numbers("month")
        val near = tenses.wordsBefore(start).takeLastWhile { sentence - it.sentence <= 1 }
        return near.lastOrNull { it.text.length > 2 && it.text in months && text[it.place] in 'A'..'Z' }?.let { months[it.text] } ?: 0
    }

    /** Christmas or New Year in the sentence: the 22nd is not of the month that comes next. */
    fun isNearYearEnd(): Boolean = tenses.sentenceWords(start, end).any { it in wordsOf("year_end") }

    /** Another year in the sentence: `he died in 2017, on the ninth of June`. */
    fun hasOtherYear(): Boolean {
        val around = hidden.substring(maxOf(0, start - YEAR_REACH), minOf(hidden.length, end + YEAR_REACH))
        return YEARS.findAll(around).any { it.value.toInt() != today.year }
    }

    /** `born`: of which year nobody knows. */
    fun isBirth(): Boolean = "born" in clauseWords()

    /** `since June left`: a name. */
    fun isFollowedByVerb(): Boolean = follower()?.let { it in wordsOf("past") } ?: false

    /** Past, future, or in the present a verb of plans (`starts`, `see you`); not what is always so. */
    fun isPlanned(): Boolean {
        val endings = clauseWords().flatMap { listOf(it, it.takeLast(2), it.takeLast(3)) }
        return tense() != Tense.PRESENT || endings.any { it in wordsOf("schedule") }
    }

    /** -1 to the past, 1 to the future, 0 where neither the words before it nor the verbs tell. */
    fun direction(
        around: Boolean = false,
        clauseOnly: Boolean = false,
    ): Int {
        val lead = word("lead")
        val clause = clauseWords()
        if (lead.startsWith("since") || clause.any { it in wordsOf("since") }) return -1
        if (lead in UNTIL) {
            val mark = tenses.nearest(start, end, clauseOnly = true)
            return if (mark?.tense == Tense.PAST && mark.word !in wordsOf("giving")) -1 else 1
        }
        if (lead == "for" && clause.any { it in wordsOf("thanks") }) return -1
        if (lead in setOf("by", "before", "for")) {
            return if (tense(clauseOnly = true) == Tense.PAST && clause.none { it in wordsOf("plans") }) 0 else 1
        }
        val tense = tense(clauseOnly) ?: if (around) tenses.around(start) else null
        return when (tense) {
            Tense.PAST, Tense.MAYBE -> -1
            Tense.FUTURE, Tense.PRESENT -> 1
            null -> 0
        }
    }

    /** The last day that this sentence or one of the [reach] before it has named. */
    fun anchor(
        reach: Int = 2,
        withMonth: Boolean = false,
    ): LocalDate? {
        val sentence = tenses.sentence(start)
        val near = earlier.takeLastWhile { sentence - tenses.sentence(it.place) <= reach }
        return near.lastOrNull { it.hasMonth || !withMonth }?.day
    }

    /** No noun follows: the end, a mark, a number or one of the words of this list. */
    fun standsFree(words: String = "follow"): Boolean = follower()?.let { it in wordsOf(words) } ?: true

    private fun follower(): String? = AFTER.matchAt(hidden, end)?.groups?.get(1)?.value
}

internal val UNTIL: Set<String> = setOf("until", "till", "til")

/** `3`, `3rd`, `third`, `twenty five`, `a couple of`. */
internal fun numberOf(text: String): Int {
    val plain = splitAtBlanks(text).joinToString(" ")
    val bare = ENDING.replace(plain, "")
    if (bare.isNotEmpty() && bare.all { it in '0'..'9' }) return bare.toInt()
    for (name in listOf("small", "ordinal", "tens")) Tables.numbers(name)[plain]?.let { return it }
    val (tens, ones) = plain.replace('-', ' ').split(' ', limit = 2)
    return Tables.numbers("tens").getValue(tens) + Tables.numbers("small").getValue(ones)
}

/**
 * Of [days] the likeliest: what lies against the tense counts as farther away, for a verb may belong to something else
 * (`I registered for a race on 5 April`); after `since`, `until`, `by` only one side is possible.
 */
internal fun nearest(
    found: Found,
    days: List<LocalDate?>,
): LocalDate? {
    var lead = found.word("lead")
    var direction = found.direction(clauseOnly = true)
    if (direction < 0 && found.tenses.sentenceWords(found.start, found.end).any { it in wordsOf("plans") }) {
        direction = 0
    } else if (direction < 0 && found.tenses.touches(found.start)) {
        lead = "since"
    }
    if (found.hasOtherYear()) return null
    val known = days.filterNotNull()
    val possible =
        when {
            lead.startsWith("since") -> known.filter { it <= found.today }
            (lead in UNTIL || lead == "by") && direction > 0 -> known.filter { it >= found.today }
            else -> known
        }
    return possible.minWithOrNull(compareBy({ distance(found.today, it, direction) }, { it }))
}

/** Days from [today], more of them on the side that the [direction] makes less likely. */
private fun distance(
    today: LocalDate,
    day: LocalDate,
    direction: Int,
): Long {
    val (behind, beyond) =
        when (direction) {
            -1 -> 1 to 3
            0 -> 2 to 1
            else -> 6 to 1
        }
    val away = ChronoUnit.DAYS.between(today, day)
    return if (away >= 0) away * beyond else -away * behind
}

/** This day of last, this and next year. */
internal fun inYears(
    found: Found,
    month: Int,
    day: Int,
): List<LocalDate?> = listOf(-1, 0, 1).map { dayOf(found.today.year + it, month, day) }
