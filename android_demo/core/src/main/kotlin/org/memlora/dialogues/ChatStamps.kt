package org.memlora.dialogues

import org.memlora.errors.ConfigException
import org.memlora.text.CALENDAR_YEARS
import org.memlora.text.PatternFlag
import org.memlora.text.days.parseMoment
import org.memlora.text.lower
import org.memlora.text.pattern
import org.memlora.text.stripBlanks
import java.time.DateTimeException
import java.time.LocalDate
import java.time.LocalTime
import java.util.Locale

/** What only directs how a line is drawn; programs put it in front of names and placeholders. */
internal const val MARKS: String = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"

private const val DATE = "(?P<a>\\d{1,4})(?P<sign>[./-]) ?(?P<b>\\d{1,2})(?P=sign) ?(?P<c>\\d{4}|\\d{2})(?!\\d)\\.?"
private const val CLOCK =
    "(?P<hour>\\d{1,2})[:.](?P<minute>\\d{2})(?:[:.]\\d{2})?(?!\\d)(?: ?(?P<half>[ap])\\.? ?m(?![a-z])\\.?)?"
private const val NUMERIC = "$DATE(?:,? (?:(?:um|klo|kl\\.|at|à|às|alle) )?$CLOCK)?"
private val WHOLE = pattern(NUMERIC, PatternFlag.IGNORECASE, PatternFlag.ASCII)
private val BRACKETED = pattern("\\[([^\\[\\]]{6,40})\\] ?(.*)")
private val DASHED = pattern("(.{6,40}?) [-\u2013] (.*)")
private val BARE = pattern("($NUMERIC)[ ,:]+(?=[^\\d\\W])(.*)", PatternFlag.IGNORECASE, PatternFlag.ASCII)
private val COPIED = pattern("([^\\[\\]]{1,60}), \\[([^\\[\\]]{6,40})\\]:?(.*)")
private val LIKE_ONE = pattern("(?<!\\d)(?:\\d{1,4}[./-] ?\\d{1,2}[./-] ?\\d{1,4}|\\d{1,2}[:.]\\d{2})(?!\\d)", PatternFlag.ASCII)
private val CLOCK_IN_WORDS = pattern("\\d[:.]\\d|\\d ?[ap]m")
private val BLANK = pattern("[\\s\\u00a0\\u202f]")

/** A day and perhaps a clock (HH:MM); [parts] are the three numbers of a day whose order is not told by itself. */
internal data class Stamp(val day: LocalDate?, val clock: String?, val parts: Triple<Int, Int, Int>? = null)

/** A line that begins with a stamp, or holds nothing else; [name] where the line's form says it. */
internal class Stamped(val stamp: Stamp, val rest: String, val name: String? = null)

/** The stamp that [text] is; null if it is none. Throws [DateTimeException] for a day or clock that does not exist. */
internal fun readStamp(text: String): Stamp? {
    val match = WHOLE.matchEntire(text)
    if (match == null) {
        val moment = parseMoment(text) ?: return null
        return Stamp(moment.toLocalDate(), if (CLOCK_IN_WORDS.containsMatchIn(lower(text))) written(moment.toLocalTime()) else null)
    }
    val (a, b, c) = listOf("a", "b", "c").map { checkNotNull(match.groups[it]).value }
    val (first, second, third) = listOf(a, b, c).map { it.toInt() }
    val clock = clock(match)
    if (a.length == 4) return Stamp(calendarDay(first, second, third), clock)
    if (a.length > 2) return null
    val year = if (c.length == 4) third else 2000 + third
    if (match.groups["sign"]?.value == ".") return Stamp(calendarDay(year, second, first), clock)
    return Stamp(null, clock, Triple(first, second, year))
}

/** The stamp in front of [line]; null where there is none. Throws as [readStamp]. */
internal fun readStamped(line: String): Stamped? {
    val plain = BLANK.replace(line.trim { it in MARKS || it == ' ' }, " ")
    BRACKETED.matchEntire(plain)?.let { match ->
        val (stamp, rest) = match.destructured
        readStamp(stripBlanks(stamp))?.let { return Stamped(it, rest) }
    }
    COPIED.matchEntire(plain)?.let { match ->
        val (name, stamp, rest) = match.destructured
        readStamp(stripBlanks(stamp))?.let { return Stamped(it, stripBlanks(rest), name) }
    }
    DASHED.matchEntire(plain)?.let { match ->
        val (stamp, rest) = match.destructured
        readStamp(stamp)?.let { return Stamped(it, rest) }
    }
    val match = BARE.matchEntire(plain) ?: return null
    return readStamp(match.groupValues[1])?.let { Stamped(it, match.groupValues.last()) }
}

/** Whether [name] holds what looks like a date or a clock. */
internal fun isLikeAStamp(name: String): Boolean = LIKE_ONE.containsMatchIn(name)

/**
 * [stamps] with their days: one order of day and month for the whole file, in which no number is above 12 and time does
 * not run backwards. Where every day is told by itself nothing is settled.
 *
 * Throws [ConfigException] where both orders would do, or none, and [dayFirst] does not say.
 */
internal fun settleDays(stamps: List<Stamp>, dayFirst: Boolean?, place: String): List<Stamp> {
    if (stamps.none { it.parts != null }) return stamps
    val orders = if (dayFirst != null) listOf(dayFirst) else listOf(true, false).filter { isPossible(stamps, it) }
    val days = if (orders.size == 2) orders.mapTo(HashSet()) { order -> stamps.map { dayOf(it, order) } } else emptySet()
    if (orders.size != 1 && days.size != 1) {
        val (first, second, year) = stamps.firstNotNullOf { it.parts }
        val shown = String.format(Locale.ROOT, "%02d/%02d/%d", first, second, year)
        throw ConfigException(
            "$place: expected dates of one meaning, got $shown, where day and month may be either; say which is first",
        )
    }
    try {
        return stamps.map { Stamp(dayOf(it, orders[0]), it.clock) }
    } catch (e: DateTimeException) {
        val name = if (orders[0]) "day" else "month"
        throw ConfigException("$place: expected dates with the $name first, got another (${e.message}); correct the order", e)
    }
}

private fun isPossible(stamps: List<Stamp>, dayFirst: Boolean): Boolean {
    val days =
        try {
            stamps.map { dayOf(it, dayFirst) }
        } catch (_: DateTimeException) {
            return false
        }
    return days == days.sorted()
}

private fun dayOf(stamp: Stamp, dayFirst: Boolean): LocalDate {
    val (first, second, year) = stamp.parts ?: return checkNotNull(stamp.day)
    return if (dayFirst) calendarDay(year, second, first) else calendarDay(year, first, second)
}

// Java's years go on where Python's calendar ends
private fun calendarDay(year: Int, month: Int, day: Int): LocalDate {
    if (year !in CALENDAR_YEARS) throw DateTimeException("no calendar has a year $year")
    return LocalDate.of(year, month, day)
}

private fun clock(match: MatchResult): String? {
    val hour = match.groups["hour"]?.value?.toInt() ?: return null
    val minute = checkNotNull(match.groups["minute"]).value.toInt()
    val half = match.groups["half"]?.value ?: return written(LocalTime.of(hour, minute))
    if (hour !in 1..12) throw DateTimeException("no clock has $hour:$minute ${half}m")
    return written(LocalTime.of(hour % 12 + if (lower(half) == "p") 12 else 0, minute))
}

private fun written(time: LocalTime): String = String.format(Locale.ROOT, "%02d:%02d", time.hour, time.minute)
