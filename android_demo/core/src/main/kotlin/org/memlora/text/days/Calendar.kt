package org.memlora.text.days

import org.memlora.text.CALENDAR_YEARS
import org.memlora.text.MONTHS
import org.memlora.text.formatDate
import java.time.LocalDate
import java.time.YearMonth

private const val EARLIEST_YEAR = 1000 // a year has four digits
private const val LATEST_YEAR = 9999

/** A day before the year 1000 or after 9999; it never leaves this room, the expression is left alone. */
internal class OutsideException(
    message: String,
) : Exception(message)

/** Days from Monday, 0 to 6. */
internal val LocalDate.weekday: Int get() = dayOfWeek.value - 1

/** `19 May 2023` */
internal fun dayText(day: LocalDate): String {
    if (day.year < EARLIEST_YEAR) throw OutsideException("$day")
    return formatDate(day)
}

/** The day of a [dayText], else null. */
internal fun readDay(text: String): LocalDate? {
    val parts = text.split(' ')
    return if (parts.size == 3) LocalDate.of(parts[2].toInt(), MONTHS.indexOf(parts[1]) + 1, parts[0].toInt()) else null
}

/** `the week of 15 May 2023`, its Monday. */
internal fun weekText(day: LocalDate): String = "the week of ${dayText(addDays(day, -day.weekday))}"

/** `the weekend of 20 May 2023`, the Saturday of the week of [day]. */
internal fun weekendText(day: LocalDate): String = "the weekend of ${dayText(addDays(day, 5 - day.weekday))}"

/** `May 2023` */
internal fun monthText(day: LocalDate): String {
    dayText(day)
    return "${MONTHS[day.monthValue - 1]} ${day.year}"
}

/** `2023` */
internal fun yearText(year: Int): String {
    if (year !in EARLIEST_YEAR..LATEST_YEAR) throw OutsideException("$year")
    return "$year"
}

internal fun addDays(
    day: LocalDate,
    count: Int,
): LocalDate {
    val moved = day.plusDays(count.toLong())
    if (moved.year !in CALENDAR_YEARS) throw OutsideException("$day and $count days")
    return moved
}

/** The same day of another month, its last day where the month is shorter. */
internal fun addMonths(
    day: LocalDate,
    count: Int,
): LocalDate {
    val moved = day.plusMonths(count.toLong())
    if (moved.year !in EARLIEST_YEAR..LATEST_YEAR) throw OutsideException("$day and $count months")
    return moved
}

/** A day of the calendar; outside where no calendar has the year. */
internal fun dayIn(
    year: Int,
    month: Int,
    day: Int,
): LocalDate {
    if (year !in CALENDAR_YEARS) throw OutsideException("the year $year")
    return LocalDate.of(year, month, day)
}

/** Null where the month has no such day. */
internal fun dayOf(
    year: Int,
    month: Int,
    day: Int,
): LocalDate? = if (day in 1..YearMonth.of(year, month).lengthOfMonth()) dayIn(year, month, day) else null

/** The nearest one after [day]. */
internal fun nextWeekday(
    day: LocalDate,
    weekday: Int,
): LocalDate = addDays(day, (weekday - day.weekday).mod(7).let { if (it == 0) 7 else it })

/** The nearest one before [day]. */
internal fun lastWeekday(
    day: LocalDate,
    weekday: Int,
): LocalDate = addDays(day, -(day.weekday - weekday).mod(7).let { if (it == 0) 7 else it })

/** The first (1) to fourth (4) or the last (-1) one of a month. */
internal fun nthWeekday(
    year: Int,
    month: Int,
    place: Int,
    weekday: Int,
): LocalDate {
    if (place < 0) {
        val last = dayIn(year, month, YearMonth.of(year, month).lengthOfMonth())
        return addDays(last, -(last.weekday - weekday).mod(7))
    }
    val first = dayIn(year, month, 1)
    return addDays(first, (weekday - first.weekday).mod(7) + 7 * (place - 1))
}

/** Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8). */
internal fun easter(year: Int): LocalDate {
    val a = year % 19
    val b = year / 100
    val c = year % 100
    val h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30
    val k = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7
    val m = (a + 11 * h + 22 * k) / 451
    val n = h + k - 7 * m + 114
    return dayIn(year, n / 31, n % 31 + 1)
}
