package org.memlora.text.days

import org.memlora.text.isUpper
import org.memlora.text.pattern
import java.time.LocalDate
import java.time.temporal.ChronoUnit
import kotlin.math.abs

private val NAME_FOLLOWED_BY = setOf("is", "was", "has", "had", "will")
private val CLOCK =
    pattern(
        ",?[ \\t]+(?:at[ \\t]+[0-9]|(?:from[ \\t]+)?[0-9]{1,2}(?:[.:h][0-9]{2}|[ \\t]?(?:[ap][.]?m|o'clock|-|to|til|till)))",
    )
private val NUMBER = pattern("[ \\t]+([0-9]{1,2})(?![0-9:.h]|[ \\t]?(?:[ap][.]?m|o'clock|-|to|til|till))")
private val MEETS = pattern("(?:see|meet|seeing|meeting|catch) (?:u|you|ya|him|her|them) $")
private const val SHORT_FOLLOWED_BY = ".!,;)?\n"
private const val MEETS_REACH = 20
private const val BEHIND_DAYS = 45
private const val BEYOND_DAYS = 110
private const val NEAR_DAYS = 300
private const val OPENING = 12 // letters: `Right, Sunday evening.` at the start of a diary's page is today

internal fun fixed(found: Found): String = dayText(addDays(found.today, found.value("fixed")))

/** `the day before yesterday`, `the day after tomorrow`; null for another day beside a known one. */
internal fun dayBeside(found: Found): String? {
    val sign = if (found.word("side") == "before") -1 else 1
    val offset = found.value("fixed")
    return if (offset == sign) dayText(addDays(found.today, offset + sign)) else null
}

/** `on Friday`, `since Friday`, `Friday`: the nearest one before or after, never today. */
internal fun weekday(found: Found): String? {
    val wanted = found.value("weekday")
    val today = found.today
    val isShort = found.rule.flag("short")
    val isBare = found.rule.flag("bare") || isShort
    if (found.isHabit() || (isBare && !isDay(found)) || (isShort && !isShortDay(found))) return null
    if (isBare && wanted == today.weekday) {
        return if (found.start < OPENING && found.tenses.sentence(found.start) == 0) dayText(today) else null
    }
    val number = NUMBER.matchAt(found.hidden, found.end)?.groupValues?.get(1)?.toInt()
    val other = number?.let { withOrdinal(found, it, 31, 31) }
    val direction = weekdayDirection(found, isBare, number)
    if (direction == 0) return null
    val day = if (direction > 0) nextWeekday(today, wanted) else lastWeekday(today, wanted)
    if (other != null && day.dayOfMonth != other.dayOfMonth) return null // `Friday 12`: a clock or another Friday
    return dayText(day)
}

private fun weekdayDirection(
    found: Found,
    isBare: Boolean,
    number: Int?,
): Int {
    val hasClock = CLOCK.matchAt(found.hidden, found.end) != null || (number != null && number <= 12)
    if (hasClock && found.tense(clauseOnly = true) == null) return 1 // `Wednesday at 4`: an appointment
    val mark = found.tenses.nearest(found.start, found.end)
    if (isBare && mark != null && mark.word in wordsOf("report") && found.tenses.touches(found.start)) {
        return 1 // `he said Wednesday`
    }
    val direction = found.direction(around = true)
    val isNoted = direction == 0 && !found.tenses.opens(found.start) && found.tense() == null // `EEG on Friday`
    return if (isNoted) 1 else direction
}

/** `accepted sat!`, `see u sun!`, `sat 3pm`: a verb before it and the end or a mark after it, or a clock. */
private fun isShortDay(found: Found): Boolean {
    if (CLOCK.matchAt(found.hidden, found.end) != null) return true
    val meets = MEETS.containsMatchIn(found.hidden.substring(maxOf(0, found.start - MEETS_REACH), found.start))
    val isLast = found.hidden.getOrNull(found.end)?.let { it in SHORT_FOLLOWED_BY } ?: true
    return (meets || found.tenses.touches(found.start)) && isLast
}

/** A weekday without a preposition is no name and belongs to no noun. */
private fun isDay(found: Found): Boolean {
    if (!found.standsFree()) return false
    if (!found.said[0].isUpperCase()) return true
    val (before, opens) = wordBefore(found.text, found.start)
    val after = wordAfter(found.text, found.end)
    val isNamed = isUpper(before.take(1)) && before != "I" && before != "OK" && (!opens || after in NAME_FOLLOWED_BY)
    if (isNamed) return isUpper(before) && before.length > 1
    return !isUpper(after.take(1)) || isUpper(after) || after in setOf("I", "I'm", "I'll")
}

/** `last`, `this`, `next Friday`, `Friday just gone` */
internal fun weekdayStep(found: Found): String? {
    val step = if (found.has("step")) found.value("step") else found.rule.number("step")
    val wanted = found.value("weekday")
    val today = found.today
    if (step == 0 && found.word("weekday") == "sun") return null // `this sun is hot`
    if (step != 0) return dayText(if (step > 0) nextWeekday(today, wanted) else lastWeekday(today, wanted))
    if (today.weekday == wanted) return dayText(today)
    val isPast = found.tenses.touches(found.start) || (found.tense() == Tense.PAST && found.start == 0)
    return dayText(if (isPast) lastWeekday(today, wanted) else nextWeekday(today, wanted))
}

/** `Thursday of next week` */
internal fun weekdayOfWeek(found: Found): String {
    val monday = addDays(found.today, 7 * found.value("step") - found.today.weekday)
    return dayText(addDays(monday, found.value("weekday")))
}

private fun twiceSign(found: Found): Int = if (found.word("twice") == "before last") -1 else 1

/** `the Friday before last`, `Tuesday after next`, `Tuesday the week after next` */
internal fun weekdayTwice(found: Found): String {
    val sign = twiceSign(found)
    val wanted = found.value("weekday")
    val today = found.today
    if (found.rule.flag("weeks")) return dayText(addDays(today, 14 * sign - today.weekday + wanted))
    return dayText(addDays(if (sign > 0) nextWeekday(today, wanted) else lastWeekday(today, wanted), 7 * sign))
}

/** The nearest day, at most so many days behind and beyond, that is this weekday and has this number. */
private fun withOrdinal(
    found: Found,
    number: Int,
    behind: Int,
    beyond: Int,
): LocalDate? {
    val days = (-behind..beyond).map { addDays(found.today, it) }
    return nearest(found, days.filter { it.dayOfMonth == number && it.weekday == found.value("weekday") })
}

/** `the Saturday, the third`: the nearest day that is both. */
internal fun weekdayOrdinal(found: Found): String? =
    withOrdinal(found, numberOf(found.word("ordinal")), BEHIND_DAYS, BEYOND_DAYS)?.let(::dayText)

/** `Tuesday 3 December`: only where the weekday agrees. */
internal fun weekdayDate(found: Found): String? {
    val days = inYears(found, found.value("month"), numberOf(found.word("number"))).filterNotNull()
    val near = days.filter { abs(ChronoUnit.DAYS.between(found.today, it)) < NEAR_DAYS }
    return nearest(found, near.filter { it.weekday == found.value("weekday") })?.let(::dayText)
}

/** `at the weekend`: the last one begun or the next one to come. */
internal fun weekend(found: Found): String? {
    val direction = found.direction(around = true)
    if (direction == 0 || found.isHabit() || !found.isPlanned()) return null
    return weekendText(if (direction < 0 && found.today.weekday < 5) addDays(found.today, -7) else found.today)
}

/** `last`, `this`, `next` with week, weekend, month, year */
internal fun period(found: Found): String {
    var step = found.value("step")
    val today = found.today
    when (found.word("period")) {
        "year", "yr" -> return yearText(today.year + step)
        "month", "mth" -> return monthText(addMonths(today.withDayOfMonth(1), step))
        "week", "wk" -> return weekText(addDays(today, 7 * step))
    }
    if (found.word("step") == "coming" || found.word("step") == "this coming") step = if (today.weekday < 5) 0 else 1
    if (step == 0 && today.weekday < 4 && found.tense() == Tense.PAST) step = -1 // `this weekend was fun` on a Monday
    return weekendText(addDays(today, 7 * step))
}

/** `the week after next`, `the weekend before last` */
internal fun twice(found: Found): String? {
    val sign = twiceSign(found)
    val today = found.today
    return when (found.word("period")) {
        "year", "yr" -> yearText(today.year + 2 * sign)
        "month", "mth" -> monthText(addMonths(today.withDayOfMonth(1), 2 * sign))
        "week", "wk" -> weekText(addDays(today, 14 * sign))
        else -> {
            if (sign > 0 && today.weekday == 3) return null // on a Thursday nobody knows
            weekendText(addDays(today, if (sign > 0 && today.weekday < 3) 7 else 14 * sign))
        }
    }
}
