package org.memlora.text.days

import org.memlora.text.MONTHS
import org.memlora.text.pattern
import java.time.LocalDate
import java.util.regex.Matcher

private const val REACH = 40 // letters that a guard reads before or after
private const val NAMED_DAYS = 4 // so many are kept for what is said after them
private const val OUTSIDE = '\ufffd' // for a letter outside the basic plane, which no rule names
private val MONTH = MONTHS.joinToString("|", "(?:", ")")
private val NOTE = pattern(" \\[(?:(?:the (?:week|weekend) of )?[0-9]{1,2} $MONTH [0-9]{4}|$MONTH [0-9]{4}|[0-9]{4})\\]")

/**
 * Letters [start] to [end] of a text (UTF-16) and what they mean.
 *
 * `1 May 2026`, `the week of 4 May 2026` (its Monday), `the weekend of 2 May 2026` (its Saturday), `May 2026`, `2026`.
 */
public data class Expression(
    val start: Int,
    val end: Int,
    val meaning: String,
)

/**
 * [text] with ` [meaning]` behind each relative date, said on [day] (null: unchanged): `I quit last Friday [1 May 2026]`.
 *
 * An expression is resolved whole or left alone; what is in doubt is left alone. Links, addresses, tags, file names,
 * titles and quotes are never read. Notes that stand there already stay and are not doubled, so that applied again nothing
 * changes.
 */
public fun annotate(
    text: String,
    day: LocalDate?,
): String {
    if (day == null) return text
    val (plain, notes) = takeNotes(text)
    for (found in expressions(plain, day)) if (found.end !in notes) notes[found.end] = " [${found.meaning}]"
    return buildString {
        var done = 0
        for (place in notes.keys.sorted()) {
            append(plain, done, place).append(notes[place])
            done = place
        }
        append(plain, done, plain.length)
    }
}

/** The relative dates of [text] that are resolved, in order. */
public fun expressions(
    text: String,
    day: LocalDate,
): List<Expression> {
    val flat = flatten(text)
    val hidden = hide(flat)
    val tenses by lazy { Tenses(hidden, flat) }
    val resolved = ArrayList<Expression>()
    val days = ArrayList<NamedDay>()
    for (match in longest(hidden)) {
        val rule = match.rule
        if (rule.meaning == "nothing" || !isFree(match, hidden) || isTitle(flat, match.start, match.end)) continue
        val words = checkNotNull(rule.find.matchAt(hidden, match.start)) { "The rule for ${rule.meaning} matched once and then no more." }
        val found = Found(rule, words, hidden, flat, day, tenses, days.takeLast(NAMED_DAYS))
        val meaning =
            try {
                MEANINGS.getValue(rule.meaning)(found)
            } catch (_: OutsideException) {
                null
            } ?: continue
        resolved.add(Expression(match.start, match.end, meaning))
        val named = readDay(meaning)
        if (named != null && named != day) days.add(NamedDay(match.start, named, "month" in rule.names))
    }
    return if (flat.length == text.length) resolved else placed(resolved, text)
}

/** With one letter for each code point outside the basic plane, so that places and reaches count what Python counts. */
private fun flatten(text: String): String {
    if (text.none(Char::isSurrogate)) return text
    return buildString(text.length) {
        var place = 0
        while (place < text.length) {
            val sign = text.codePointAt(place)
            append(if (sign < Character.MIN_SUPPLEMENTARY_CODE_POINT) sign.toChar() else OUTSIDE)
            place += Character.charCount(sign)
        }
    }
}

/** Expressions of the flattened text at their places in [text]. */
private fun placed(
    resolved: List<Expression>,
    text: String,
): List<Expression> {
    var flat = 0
    var place = 0
    fun placeOf(letters: Int): Int {
        place = text.offsetByCodePoints(place, letters - flat)
        flat = letters
        return place
    }
    return resolved.map { Expression(placeOf(it.start), placeOf(it.end), it.meaning) }
}

private class Match(
    val rule: Rule,
    val start: Int,
    val end: Int,
)

/**
 * Matches that do not overlap, in order: the longest win, then the first, then the earlier rule.
 *
 * One that is then left alone still keeps its place: no part of it is resolved.
 */
private fun longest(hidden: String): List<Match> {
    val taken = BooleanArray(hidden.length)
    val kept = ArrayList<Match>()
    for (match in matches(hidden).sortedWith(compareBy({ it.start - it.end }, { it.start }, { it.rule.order }))) {
        if (taken[match.start] || taken[match.end - 1]) continue // none that is kept is shorter, so none lies between
        taken.fill(true, match.start, match.end)
        kept.add(match)
    }
    return kept.sortedBy { it.start }
}

/** Of each rule its matches, which do not overlap. */
private fun matches(hidden: String): List<Match> {
    val matchers = arrayOfNulls<Matcher>(RULES.size)
    val ends = IntArray(RULES.size)
    val matches = ArrayList<Match>()
    for (start in WORD_START.findAll(hidden).map { it.range.first }) {
        for (rule in rulesAt(hidden, start)) {
            if (start < ends[rule.order]) continue
            val matcher = matchers[rule.order] ?: matcherOf(rule, hidden).also { matchers[rule.order] = it }
            if (!matcher.region(start, hidden.length).lookingAt()) continue
            ends[rule.order] = matcher.end()
            matches.add(Match(rule, start, matcher.end()))
        }
    }
    return matches
}

private fun matcherOf(
    rule: Rule,
    hidden: String,
): Matcher = rule.find.toPattern().matcher(hidden).useAnchoringBounds(false).useTransparentBounds(true)

private fun isFree(
    match: Match,
    hidden: String,
): Boolean {
    val before = hidden.substring(maxOf(0, match.start - REACH), match.start)
    val after = hidden.substring(match.end, minOf(hidden.length, match.end + REACH))
    return match.rule.notAfter?.containsMatchIn(before) != true && match.rule.notBefore?.containsMatchIn(after) != true
}

/** [text] without the notes it has, and place -> note. */
private fun takeNotes(text: String): Pair<String, MutableMap<Int, String>> {
    val notes = HashMap<Int, String>()
    val plain = StringBuilder()
    var done = 0
    for (match in NOTE.findAll(text)) {
        plain.append(text, done, match.range.first)
        notes[plain.length] = notes[plain.length].orEmpty() + match.value
        done = match.range.last + 1
    }
    return plain.append(text, done, text.length).toString() to notes
}
