package org.memlora.text.days

import java.time.LocalDate
import java.time.temporal.ChronoUnit

private const val NEWBORN_DAYS = 60
private const val MIDDLE = 15 // day of a month

/** `may` and `march` in small letters are verbs where only a number stands beside them. */
private fun isMay(found: Found): Boolean = found.word("month").let { (it == "may" || it == "march") && it in found.said }

private fun day(found: Found): LocalDate? = nearest(found, inYears(found, found.value("month"), numberOf(found.word("number"))))

/** `3 May`, `May 3rd`, `the third of May` */
internal fun dateOf(found: Found): String? {
    val number = found.word("number")
    if (number.isNotEmpty() && number.all { it in '0'..'9' }) {
        if (isMay(found) && " of " !in found.plain) return null
        if (found.plain.endsWith(number) && !found.standsFree()) return null // `in March 20 people came`
    }
    val day = day(found) ?: return null
    if (found.isBirth() && ChronoUnit.DAYS.between(day, found.today) !in 0 until NEWBORN_DAYS) return null
    return dayText(day)
}

/** `the thirtieth of June next year` */
internal fun dateOfStep(found: Found): String? {
    val year = found.today.year + found.value("step")
    return dayOf(year, found.value("month"), numberOf(found.word("number")))?.let(::dayText)
}

internal fun weekOfDate(found: Found): String? = day(found)?.let(::weekText)

/** `the 18th`: in the month that was just named, else nearest in the direction of the verbs. */
internal fun ordinal(found: Found): String? {
    if (!found.standsFree() || found.isHabit()) return null
    val number = numberOf(found.word("ordinal"))
    val today = found.today
    val anchor = found.anchor(withMonth = true)
    val isLate = anchor != null && number < anchor.dayOfMonth && found.direction(clauseOnly = true) > 0
    val isAnchorHere = found.anchor(reach = 0, withMonth = true) != null
    if (isLate && isAnchorHere && found.word("lead") !in UNTIL) {
        return null // `I fly on the 27th of December, back on the ninth`: of which month?
    }
    if (anchor != null && (!isLate || isAnchorHere)) {
        val month = addMonths(anchor.withDayOfMonth(1), if (isLate) 1 else 0)
        return dayOf(month.year, month.monthValue, number)?.let(::dayText)
    }
    val wanted = found.monthBefore()
    if (wanted != 0) return nearest(found, inYears(found, wanted, number))?.let(::dayText)
    val direction = if (found.isNearYearEnd()) 0 else side(found)
    if (direction == 0) return null
    for (step in 0..2) {
        val month = addMonths(today.withDayOfMonth(1), step * direction)
        val day = dayOf(month.year, month.monthValue, number)
        if (day != null && (if (direction < 0) day < today else day > today)) return dayText(day)
    }
    return null
}

/**
 * The direction of the clause, else of the sentence where all its verbs agree; where none stands there, of the sentence
 * before if the day opens its own (`I passed! On the 3rd.`), else ahead (`first scan on the 27th`).
 */
private fun side(found: Found): Int {
    val direction = found.direction(clauseOnly = true)
    val tenses = found.tenses.allOfSentence(found.start)
    return when {
        direction != 0 || found.word("lead").startsWith("since") -> direction
        tenses.isNotEmpty() && tenses.all { it == Tense.PAST || it == Tense.MAYBE } -> -1
        tenses.isNotEmpty() -> if (Tense.PAST in tenses) 0 else 1
        found.tenses.opens(found.start) -> found.direction(around = true).let { if (it == 0) 1 else it }
        else -> 1
    }
}

/** `the 19th of this month` */
internal fun ordinalOfStep(found: Found): String? {
    val month = addMonths(found.today.withDayOfMonth(1), found.value("step"))
    return dayOf(month.year, month.monthValue, numberOf(found.word("number")))?.let(::dayText)
}

private fun nthInYears(
    found: Found,
    weekday: Int,
): LocalDate? =
    nearest(
        found,
        listOf(-1, 0, 1).map { nthWeekday(found.today.year + it, found.value("month"), found.value("place"), weekday) },
    )

/** `the second Saturday of April`, `the first Monday of next month` */
internal fun nthWeekdayOf(found: Found): String? {
    if (!found.has("step")) return nthInYears(found, found.value("weekday"))?.let(::dayText)
    val month = addMonths(found.today.withDayOfMonth(1), found.value("step"))
    return dayText(nthWeekday(month.year, month.monthValue, found.value("place"), found.value("weekday")))
}

internal fun nthWeekend(found: Found): String? = nthInYears(found, 5)?.let(::weekendText)

/** `the last day of February` */
internal fun lastDay(found: Found): String? {
    val firsts = listOf(-1, 0, 1).map { dayIn(found.today.year + it, found.value("month"), 1) }
    return nearest(found, firsts.map { addDays(addMonths(it, 1), -1) })?.let(::dayText)
}

/** `in May`, `since March`, `late October`; null for the month that it is. */
internal fun month(found: Found): String? {
    val wanted = found.value("month")
    val today = found.today
    if (wanted == today.monthValue && "end of" in found.plain) return monthText(today)
    if (found.word("lead") in setOf("in", "during", "back in") && !found.isPlanned()) return null
    if (found.isHabit() || wanted == today.monthValue || found.isFollowedByVerb()) return null
    val days = listOf(-1, 0, 1).map { dayIn(today.year + it, wanted, MIDDLE) }
    return nearest(found.on(today.withDayOfMonth(MIDDLE)), days)?.let(::monthText)
}

/** `last May`, `next May`; null where it is so near that another year may be meant. */
internal fun monthStep(found: Found): String? {
    val wanted = found.value("month")
    val today = found.today
    val step = found.value("step")
    if (isMay(found)) return null
    if (step == 0) return monthText(dayIn(today.year, wanted, 1))
    val away = if (step > 0) (wanted - today.monthValue).mod(12) else -(today.monthValue - wanted).mod(12)
    val resolved = addMonths(today.withDayOfMonth(1), if (away == 0) 12 * step else away)
    val isNear = resolved.year == today.year && resolved.monthValue - today.monthValue in -2..2
    return if (isNear || wanted == today.monthValue) null else monthText(resolved)
}

/** `in May last year` */
internal fun monthOfStep(found: Found): String = monthText(dayIn(found.today.year + found.value("step"), found.value("month"), 1))

/** `this time last year` */
internal fun timeLastYear(found: Found): String? {
    val step = found.value("step")
    return if (step != 0) monthText(addMonths(found.today, 12 * step)) else null
}

internal fun endOfMonth(found: Found): String? = if (found.isHabit()) null else monthText(found.today)
