package org.memlora.text.days

import org.memlora.text.pattern
import org.memlora.text.splitAtBlanks
import java.time.LocalDate

private val ABOUT = pattern("(?:^|[^a-z])(?:about|around|roughly|like|maybe|some|approx|circa|say)[ ]+$")
private val MONTHS_OF = mapOf("month" to 1, "year" to 12)
private val DAYS_OF = mapOf("day" to 1, "week" to 7, "fortnight" to 14)
private val ON = setOf("on", "from", "this")
private const val ABOUT_REACH = 12
private const val DIGIT_REACH = 20

/** A length of time and its smallest unit: day, week, month or year. */
internal class Span(
    val months: Int,
    val days: Int,
    val unit: String,
) {
    fun shift(
        day: LocalDate,
        sign: Int,
    ): LocalDate = addDays(addMonths(day, sign * months), sign * days)
}

/** `half a year`, `a year and a half`, `1 1/2 years`, `2 years and 3 months`; null for half of another unit. */
internal fun readSpan(text: String): Span? {
    val rest = text.replace(',', ' ')
    val words = splitAtBlanks(rest)
    val units = words.mapNotNull { Tables.units[it] }
    if ("half" in text || "1/2" in text) {
        if (units != listOf("year")) return null
        val count = splitAtBlanks(rest.replace("and a half", " ").replace("1/2", " ")).filterNot { it in Tables.units }
        val whole = if (text.startsWith("half")) 0 else numberOf(count.joinToString(" "))
        return Span(12 * whole + 6, 0, "month")
    }
    var months = 0
    var days = 0
    val count = ArrayList<String>()
    for (word in words) {
        val unit = Tables.units[word]
        if (unit == null) {
            if (word != "and") count.add(word)
            continue
        }
        val amount = numberOf(count.joinToString(" ").ifEmpty { "a" })
        months += amount * (MONTHS_OF[unit] ?: 0)
        days += amount * (DAYS_OF[unit] ?: 0)
        count.clear()
    }
    return Span(months, days, if (units.last() == "fortnight") "week" else units.last())
}

private fun span(found: Found): Span? = readSpan(found.word("span"))

/** A day for days and weeks; a week where it is said loosely (`a couple of weeks`, `in two weeks' time`). */
private fun inUnit(
    day: LocalDate,
    unit: String,
    found: Found,
): String {
    val isLoose = "couple" in found.plain || "time" in found.plain
    return when {
        unit == "year" -> yearText(day.year)
        unit == "month" -> monthText(day)
        unit == "week" && isLoose -> weekText(day)
        else -> dayText(day)
    }
}

internal fun ago(found: Found): String? {
    val span = (if (found.has("span")) span(found) else null) ?: return null
    val before = found.hidden.substring(maxOf(0, found.start - ABOUT_REACH), found.start)
    if ((span.unit == "day" || span.unit == "week") && ABOUT.containsMatchIn(before)) return null
    return inUnit(span.shift(found.today, -1), span.unit, found)
}

/** `a year ago today` */
internal fun agoFrom(found: Found): String? = span(found)?.let { dayText(addDays(it.shift(found.today, -1), found.value("fixed"))) }

/** `ten years ago last month` */
internal fun agoIn(found: Found): String? {
    val span = span(found) ?: return null
    val step = found.value("step")
    return when (Tables.units.getValue(found.word("period"))) {
        "month" -> monthText(addMonths(span.shift(found.today, -1), step))
        "week" -> {
            val monday = span.shift(addDays(found.today, 7 * step - found.today.weekday), -1)
            weekText(addDays(monday, 3)) // the Monday nearest to it
        }
        else -> null
    }
}

/** `a week ago last Friday` */
internal fun agoWeekday(found: Found): String? {
    val span = span(found) ?: return null
    if (span.months != 0 || span.days % 7 != 0) return null
    return dayText(addDays(lastWeekday(found.today, found.value("weekday")), -span.days))
}

internal fun ahead(found: Found): String? {
    val span = span(found) ?: return null
    if (found.rule.isFuture && !isPlannedSpan(found)) return null
    return inUnit(span.shift(found.today, 1), span.unit, found)
}

/** A future form, a verb of plans in the present, or a bare noun (`exam in two weeks`). */
private fun isPlannedSpan(found: Found): Boolean {
    val tense = found.tense(clauseOnly = true)
    val clause = found.clauseWords()
    if (clause.any { it in wordsOf("bookings") }) return true // `I have tickets for it in two months`
    if (tense == Tense.PRESENT && clause.any { it in wordsOf("rates") }) return false // `I go twice in a week`
    if (tense != null) return (tense == Tense.FUTURE || tense == Tense.PRESENT) && found.isPlanned()
    val hasDigits = found.hidden.substring(maxOf(0, found.start - DIGIT_REACH), found.start).any { it in '0'..'9' }
    return clause.size in 1..4 && found.tense() != Tense.PAST && !hasDigits && clause.none { it in wordsOf("quantity") }
}

/** Days of `three weeks`, `a fortnight`, `week`. */
private fun daysOfWeeks(found: Found): Int = span(found)?.days ?: 0

/** `a week last Thursday` */
internal fun weeksToLast(found: Found): String = dayText(addDays(lastWeekday(found.today, found.value("weekday")), -daysOfWeeks(found)))

/** `three weeks tomorrow`, `a week from today`, `a week yesterday`; `a week today` only with a future form. */
internal fun weeksToDay(found: Found): String? {
    val offset = found.value("fixed")
    val span = span(found) ?: return null
    val isFrom = "from" in splitAtBlanks(found.plain)
    if (splitAtBlanks(found.word("span")).size == 1 && !isFrom) return null
    val tense = found.tense(clauseOnly = true)
    if (offset == 0 && !isFrom && tense != Tense.FUTURE && tense != Tense.PRESENT) return null
    return dayText(addDays(span.shift(found.today, if (offset >= 0) 1 else -1), offset))
}

/** `a week on Tuesday`, `two weeks from Monday`; null without `on` or `from`, and on a Tuesday itself. */
internal fun weeksToWeekday(found: Found): String? {
    val isSaid = splitAtBlanks(found.plain).any { it in ON }
    if (!isSaid || found.today.weekday == found.value("weekday")) return null
    return dayText(addDays(nextWeekday(found.today, found.value("weekday")), daysOfWeeks(found)))
}

/** `tomorrow week`, `this day fortnight` */
internal fun dayWeek(found: Found): String? {
    val offset = if (found.has("fixed")) found.value("fixed") else 0
    return if (offset >= 0) dayText(addDays(found.today, offset + 7 * found.value("week"))) else null
}

/** `Tuesday week` */
internal fun weekdayWeek(found: Found): String? {
    if (!found.standsFree()) return null
    return dayText(addDays(nextWeekday(found.today, found.value("weekday")), 7 * found.value("week")))
}
