package org.memlora.memory.rules.english

import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.lower
import org.memlora.text.pattern
import java.util.BitSet

private val MONTHS: Map<String, Int> =
    Tables.grounding.list("months").withIndex().associate { it.value to it.index + 1 } + numbered("short_months")

/** Names and short forms of the days, Monday 0. */
internal val WEEKDAYS: Map<String, Int> =
    Tables.grounding.list("weekdays").withIndex().associate { it.value to it.index } + numbered("short_days")
private val MONTH = MONTHS.keys.sortedByDescending { it.length }.joinToString("|")
private const val DAY = "[0-9]{1,2}(?:st|nd|rd|th)?"
private const val YEAR = "(?:19|20)[0-9]{2}"
private val COUNT = SMALL.keys.sortedByDescending { it.length }.joinToString("|")
private const val HALF_DAY = 720
private const val HOUR = 60

/** A pattern with the names of its groups. */
private class Form(
    source: String,
) {
    private val find = pattern(source, IGNORECASE)
    private val names = GROUP_NAME.findAll(source).map { it.groupValues[1] }.toSet()

    /** The matches whose letters are English ones: `Augu\u017ft` is one only where case folding is asked. */
    fun all(text: String): Sequence<MatchResult> = find.findAll(text).filter { match -> match.value.all { it.code < 128 || it == '\u2013' } }

    fun part(
        match: MatchResult,
        name: String,
    ): String? = if (name in names) match.groups[name]?.value else null

    private companion object {
        val GROUP_NAME = Regex("\\(\\?P<([a-z]+)>")
    }
}

private val DATES =
    listOf(
        "(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})",
        "(?P<first>$DAY)(?: ?(?:and|to|&|-|\\u2013) ?| until | till )" +
            "(?P<day>$DAY)(?: of)? (?P<name>$MONTH)(?![^\\W_])\\.?(?:,? (?P<year>$YEAR))?",
        "(?P<day>$DAY)(?: of)? (?P<name>$MONTH)(?![^\\W_])\\.?(?:,? (?P<year>$YEAR))?",
        "(?P<name>$MONTH)\\.? (?:the )?(?P<day>$DAY)(?![^\\W_])(?:,? (?P<year>$YEAR))?",
        "(?P<name>$MONTH)\\.?,?(?: of)? (?P<year>$YEAR)",
    ).map { Form("(?<![^\\W_])$it(?![^\\W_])") }
private val CLOCKS =
    listOf(
        "(?P<hour>[01]?[0-9]|2[0-3])[:.](?P<minute>[0-5][0-9])(?: ?[ap]\\.?m)?",
        "(?P<hour>[01]?[0-9]|2[0-3])h(?P<minute>[0-5][0-9])?",
        "(?P<hour>1?[0-9])(?P<minute>) ?(?:[ap]\\.?m|o'clock)",
        "(?P<hour>$COUNT)(?P<minute>) (?:[ap]\\.?m|o'clock)",
        "(?P<before>half|quarter|twenty|ten|five|twenty[ -]five|[0-9]{1,2})(?: minutes)? " +
            "(?P<side>past|to|after) (?P<hour>$COUNT|1?[0-9])",
        "(?P<before>half) (?P<hour>$COUNT|1?[0-9])",
        "(?P<hour>$COUNT) (?P<minute>fifteen|thirty|forty[ -]five|twenty|forty|fifty)",
    ).map { Form("(?<![^\\W_.:])$it(?![^\\W_:])(?!-[^\\W_])") }
private val DOTTED = pattern("[0-9]\\.[0-9]")

/** A time of day: its place in the text, minutes after twelve (below 720), the numbers that it may be instead. */
internal data class Clock(
    val start: Int,
    val end: Int,
    val minutes: Int,
    val numbers: Set<String> = emptySet(),
)

/** A date as written: its place in the text, and day, month and year, 0 where it has none. */
internal data class Date(
    val start: Int,
    val end: Int,
    val day: Int,
    val month: Int,
    val year: Int,
) {
    /** Whether every part it has is the other's. */
    fun within(other: Date): Boolean =
        (day == 0 || day == other.day) && (month == 0 || month == other.month) && (year == 0 || year == other.year)
}

/** The dates of a text in order, whatever way they are written; of `1 and 2 May` both. */
internal fun dates(text: String): List<Date> {
    val found = ArrayList<Date>()
    val taken = BitSet()
    for (form in DATES) {
        for (match in form.all(text)) {
            val next = taken.nextSetBit(match.start)
            if (next >= 0 && next < match.end) continue
            taken.set(match.start, match.end)
            val month = form.part(match, "name")?.let { MONTHS.getValue(lower(it)) } ?: form.part(match, "month")?.toInt() ?: 0
            val year = form.part(match, "year")?.toInt() ?: 0
            for (day in listOf(form.part(match, "first"), form.part(match, "day") ?: "0")) {
                if (day != null) found.add(Date(match.start, match.end, day.filter { it in '0'..'9' }.toInt(), month, year))
            }
        }
    }
    return found.sortedBy { it.start }
}

/**
 * The times of day that are written with minutes, `h` or `o'clock`, in order.
 *
 * `9.30` may be a number too, `five thirty` 530; `from ten to one` may be two.
 */
internal fun clocks(text: String): List<Clock> {
    val found = HashMap<Int, Clock>()
    for (form in CLOCKS) {
        for (match in form.all(text)) {
            if (match.start !in found) found[match.start] = clock(text, form, match)
        }
    }
    return found.values.sortedBy { it.start }
}

private fun clock(
    text: String,
    form: Form,
    match: MatchResult,
): Clock {
    val hour = worth(checkNotNull(form.part(match, "hour")))
    var minute = worth(form.part(match, "minute").orEmpty().ifEmpty { "0" })
    var numbers = if (DOTTED.containsMatchIn(match.value)) digits(match.value) else emptySet()
    val before = form.part(match, "before")
    if (before != null) {
        minute =
            when (lower(before)) {
                "half" -> 30
                "quarter" -> 15
                else -> worth(before)
            }
        if (lower(form.part(match, "side").orEmpty()) == "to") {
            val isSpan = lower(lettersBefore(text, match.start, "from ".length)) == "from "
            numbers = if (isSpan) setOf("$minute", "$hour") else emptySet()
            minute = -minute
        }
    } else if (form === CLOCKS.last()) {
        numbers = setOf("${100 * hour + minute}")
    }
    return Clock(match.start, match.end, (HOUR * hour + minute).mod(HALF_DAY), numbers)
}

/** The worth of digits, or of one or two words. */
private fun worth(word: String): Int =
    word.toIntOrNull() ?: lower(word).split(' ', '-').sumOf { NUMBERS.getValue(it) }

private fun numbered(name: String): Map<String, Int> =
    Tables.grounding.getValue(name).jsonObject.mapValues { it.value.jsonPrimitive.int }
