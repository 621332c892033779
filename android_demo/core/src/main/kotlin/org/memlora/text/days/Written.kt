package org.memlora.text.days

import org.memlora.text.CALENDAR_YEARS
import org.memlora.text.lower
import org.memlora.text.pattern
import org.memlora.text.splitAtBlanks
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime
import java.time.YearMonth

private val MONTH_WORDS = either(Tables.numbers("month").keys)
private val WEEKDAY_WORDS = either(Tables.numbers("weekday").keys)
private const val DAY = "(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
private const val YEAR = "(?P<year>[0-9]{4})"

/** A form of a date, and the names of its parts. */
private class Form(
    source: String,
) {
    val find = pattern("(?<![0-9a-z])$source(?![0-9a-z])")
    private val names = NAME.findAll(source).mapTo(HashSet()) { it.groupValues[1] }

    fun part(
        match: MatchResult,
        name: String,
    ): String? = if (name in names) match.groups[name]?.value else null

    private companion object {
        val NAME = pattern("\\(\\?P<([a-z]+)>")
    }
}

private val FORMS =
    listOf(
        Form("$YEAR(?P<sign>[-/.])(?P<month>[0-9]{1,2})(?P=sign)(?P<day>[0-9]{1,2})"),
        Form("$DAY (?:of )?(?P<name>$MONTH_WORDS)[.]?,? $YEAR"),
        Form("(?P<name>$MONTH_WORDS)[.]? $DAY,? $YEAR"),
        Form("(?P<day>[0-9]{1,2})[.](?P<month>[0-9]{1,2})[.]$YEAR"),
        Form("(?P<first>[0-9]{1,2})/(?P<second>[0-9]{1,2})/$YEAR"),
    )
private val CLOCKS =
    listOf(
        pattern(
            "(?<![0-9:.])([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.][0-9]+)?)? ?(am|pm|a[.]m[.]|p[.]m[.])?(?![0-9a-z:])",
        ),
        pattern("(?<![0-9:.])([0-9]{1,2})()() ?(am|pm)(?![0-9a-z])"),
    )
private val ZONE = pattern("(?<=[0-9])(?:z|[+-][0-9]{2}:?[0-9]{2})$")
private val TIME_SIGN = pattern("(?<=[0-9])t(?=[0-9]{2}:)")
private val NAMED = pattern("(?<![a-z])($WEEKDAY_WORDS)(?![a-z])[.]?")
private val BETWEEN = pattern("(?:on|at|the|,|\\(|\\)| |-|\u2013|\\|)*+")

/**
 * The day and the clock (midnight where none is written), without a zone; null where it is no single moment.
 *
 * Read are `2023-05-08`, `8 May 2023`, `May 8th, 2023`, `08.05.2023`, `20/05/2023` and the like, with `13:56`, `1:56 pm`,
 * `T13:56:01.5+02:00` and a weekday, which must be its own. Two readings (`08/05/2023`), a day that no calendar has, any
 * word more: null.
 */
public fun parseMoment(text: String?): LocalDateTime? {
    var rest = splitAtBlanks(lower(text.orEmpty())).joinToString(" ")
    rest = TIME_SIGN.replace(rest, " ")
    if (':' in rest) rest = ZONE.replace(rest, "")
    val (form, match) = FORMS.firstNotNullOfOrNull { form -> form.find.find(rest)?.let { form to it } } ?: return null
    val day = dayOf(form, match) ?: return null
    rest = without(rest, match)
    val named = NAMED.find(rest)?.groupValues?.get(1)
    if (named != null && Tables.numbers("weekday").getValue(named) != day.weekday) return null
    rest = NAMED.replaceFirst(rest, " ")
    val clock = CLOCKS.firstNotNullOfOrNull { it.find(rest) }
    val time = (if (clock == null) LocalTime.MIDNIGHT else timeOf(clock)) ?: return null
    if (clock != null) rest = without(rest, clock)
    return if (BETWEEN.matches(rest)) LocalDateTime.of(day, time) else null
}

/** The day alone. */
public fun parseDay(text: String?): LocalDate? = parseMoment(text)?.toLocalDate()

private fun without(
    text: String,
    match: MatchResult,
): String = text.substring(0, match.range.first) + " " + text.substring(match.range.last + 1)

private fun dayOf(
    form: Form,
    match: MatchResult,
): LocalDate? {
    val year = form.part(match, "year")!!.toInt()
    val first = form.part(match, "first")?.toInt()
    if (first != null) {
        val second = form.part(match, "second")!!.toInt()
        if ((first > 12) == (second > 12) && first != second) return null
        return if (first > 12) calendarDay(year, second, first) else calendarDay(year, first, second)
    }
    val month = form.part(match, "name")?.let(Tables.numbers("month")::getValue) ?: form.part(match, "month")!!.toInt()
    return calendarDay(year, month, form.part(match, "day")!!.toInt())
}

/** Null where no calendar has it: 31 June, month 13. */
private fun calendarDay(
    year: Int,
    month: Int,
    day: Int,
): LocalDate? {
    val isThere = year in CALENDAR_YEARS && month in 1..12 && day in 1..YearMonth.of(year, month).lengthOfMonth()
    return if (isThere) LocalDate.of(year, month, day) else null
}

private fun timeOf(clock: MatchResult): LocalTime? {
    val (hour, minute, second) = clock.groupValues.subList(1, 4).map { if (it.isEmpty()) 0 else it.toInt() }
    val half = clock.groupValues[4]
    if (half.isNotEmpty() && hour !in 1..12) return null
    val ofDay = if (half.isEmpty()) hour else hour % 12 + if (half.startsWith("p")) 12 else 0
    return if (ofDay < 24 && minute < 60 && second < 60) LocalTime.of(ofDay, minute, second) else null
}
