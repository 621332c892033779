package org.memlora.text

import java.time.DateTimeException
import java.time.LocalDate
import java.time.LocalDateTime

internal val MONTHS =
    listOf(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    )
private val ISO =
    pattern(
        "([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?.*)?",
        PatternFlag.ASCII,
    )
private val SPOKEN =
    pattern(
        "(?:([0-9]{1,2}):([0-9]{2}) ?(am|pm)(?: on|,)? )?([0-9]{1,2}) ([A-Za-z]+),? ([0-9]{4})",
        PatternFlag.IGNORECASE,
        PatternFlag.ASCII,
    )
internal val CALENDAR_YEARS = 1..9999 // those of Python's calendar

/** `12 May 2023`, whatever the locale. */
public fun formatDate(day: LocalDate): String = "${day.dayOfMonth} ${MONTHS[day.monthValue - 1]} ${day.year}"

/** `1:56 pm on 8 May, 2023`, `8 May 2023` or ISO (its zone ignored); null if unknown. */
public fun parseSessionDate(text: String?): LocalDateTime? {
    val plain = splitAtBlanks(text.orEmpty()).joinToString(" ")
    ISO.matchEntire(plain)?.let { iso ->
        val (year, month, day, hour, minute) = iso.destructured
        return momentOf(number(year), number(month), number(day), number(hour), number(minute), number(iso.groupValues[6]))
    }
    val (hour, minute, half, day, month, year) = SPOKEN.matchEntire(plain)?.destructured ?: return null
    val twelve = if (hour.isEmpty()) 12 else number(hour)
    if (twelve > 12 || month.length < 3) return null
    val clock = twelve % 12 + if (lower(half) == "pm") 12 else 0
    val place = MONTHS.indexOfFirst { lower(it.take(month.length)) == lower(month) }
    return momentOf(number(year), place + 1, number(day), clock, number(minute), 0)
}

private fun number(digits: String): Int = if (digits.isEmpty()) 0 else digits.toInt()

/** Null where no calendar or clock has it. */
private fun momentOf(
    year: Int,
    month: Int,
    day: Int,
    hour: Int,
    minute: Int,
    second: Int,
): LocalDateTime? {
    if (year !in CALENDAR_YEARS) return null
    return try {
        LocalDateTime.of(year, month, day, hour, minute, second)
    } catch (_: DateTimeException) { // 31 June, a month that is none
        null
    }
}
