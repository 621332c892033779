package org.memlora.text.days

import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.memlora.text.splitAtBlanks
import java.time.LocalDate

private val YEARS_AROUND = listOf(-1, 0, 1)

/** The two numbers of a word of `season` or `feast`. */
private fun pair(
    list: String,
    word: String,
): Pair<Int, Int> {
    val (first, second) = Tables.words.getValue(list).getValue(word).jsonArray.map { it.jsonPrimitive.int }
    return first to second
}

/** Of the northern half; the year alone. Null where two years may be meant, and for winter, which has two. */
internal fun season(found: Found): String? {
    val (first, final) = pair("season", found.word("season"))
    val step = found.value("step")
    val month = found.today.monthValue
    return if ((step < 0 && month > final) || (step > 0 && month < first)) null else yearText(found.today.year + step)
}

/** The step of `last`, of `since` and the like, else of the verbs; null where none tells. */
private fun stepTo(
    found: Found,
    ahead: Set<String>,
): Int? {
    if (found.has("step")) return found.value("step")
    val said = splitAtBlanks(found.plain).first()
    return if (said == "since") -1 else if (said in ahead) 1 else found.direction().takeIf { it != 0 }
}

/** `last Christmas`: the month, for days are many. */
internal fun christmas(found: Found): String? {
    val today = found.today
    val isOver = today >= dayIn(today.year, 12, 25)
    val step = stepTo(found, setOf("by", "until", "till", "til")) ?: return null
    val year = today.year + if ((step < 0) == isOver || step == 0) 0 else step
    return monthText(dayIn(year, 12, 1))
}

/** `at Easter`: its weekend. */
internal fun easterOf(found: Found): String? {
    val today = found.today
    val step = stepTo(found, setOf("by", "until", "till")) ?: return null
    val days = YEARS_AROUND.map { easter(today.year + it) }
    val day =
        when {
            step < 0 -> days.last { it < today }
            step > 0 -> days.first { it > today }
            else -> days[1]
        }
    return weekendText(addDays(day, -1))
}

private fun feasts(found: Found): List<LocalDate?> {
    val (month, day) = pair("feast", found.word("feast"))
    if (month != 0) return inYears(found, month, day)
    return YEARS_AROUND.map { addDays(easter(found.today.year + it), day) }
}

/** `on Christmas Eve`; null where no verb tells which. */
internal fun feast(found: Found): String? {
    if (found.direction() == 0 || found.isHabit()) return null
    return nearest(found, feasts(found))?.let(::dayText)
}

/** `the day before Christmas Eve` */
internal fun feastNext(found: Found): String? {
    val offset = if (found.word("side") == "day before") -1 else 1
    return nearest(found, feasts(found).filterNotNull().map { addDays(it, offset) })?.let(::dayText)
}

/** `the Wednesday after Easter` */
internal fun weekdayNearFeast(found: Found): String? {
    val wanted = found.value("weekday")
    val isAfter = found.word("side") == "after"
    val isEaster = found.word("near") == "easter"
    val feasts = YEARS_AROUND.map { found.today.year + it }.map { if (isEaster) easter(it) else dayIn(it, 12, 25) }
    return nearest(found, feasts.map { if (isAfter) nextWeekday(it, wanted) else lastWeekday(it, wanted) })?.let(::dayText)
}

/** After a day that was named: `the next day`, `two days later`, `on the Sunday`, `the Friday before`. */
internal fun besideAnchor(found: Found): String? {
    val anchor = found.anchor()
    val kind = found.rule.text("kind")
    if (anchor == null || !found.standsFree("anchored")) return null
    if (kind == "day") return dayText(addDays(anchor, found.rule.number("step")))
    if (kind == "span") return readSpan(found.word("span"))?.takeIf { it.months == 0 }?.let { dayText(it.shift(anchor, 1)) }
    val wanted = found.value("weekday")
    if (kind == "week") return dayText(addDays(anchor, 7 - anchor.weekday + wanted))
    if (kind == "same" && anchor.weekday == wanted) return dayText(anchor) // `two weeks from now, on the Tuesday`
    return dayText(if (found.rule.number("step") < 0) lastWeekday(anchor, wanted) else nextWeekday(anchor, wanted))
}
