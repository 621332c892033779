package org.memlora.store

import java.time.DateTimeException
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.OffsetDateTime
import java.time.ZoneOffset
import java.time.ZonedDateTime
import java.time.temporal.Temporal
import java.util.Locale
import org.memlora.errors.ContractException
import org.memlora.errors.Reason
import org.memlora.errors.StoreException

private const val DAY_LETTERS = 10
private const val MICROS = 1000
private val DAY = Regex("[0-9]{4}-[0-9]{2}-[0-9]{2}")
private const val HOURS = "(?:[01][0-9]|2[0-3])"
private const val SIXTIETHS = "[0-5][0-9]"
private val CLOCK =
    Regex("$HOURS(?::$SIXTIETHS(?::$SIXTIETHS(?:[.,][0-9]+)?)?|$SIXTIETHS(?:$SIXTIETHS(?:[.,][0-9]+)?)?)?")
private val ZONE = Regex("(?:Z|[+-]$CLOCK)?")

/** A day or a moment as Python's `isoformat` writes it; throws [ContractException] for another kind of time. */
internal fun isoText(moment: Temporal): String =
    when (moment) {
        is LocalDate -> moment.toString()
        is LocalDateTime -> clockText(moment)
        is OffsetDateTime -> clockText(moment.toLocalDateTime()) + zoneText(moment.offset)
        is ZonedDateTime -> clockText(moment.toLocalDateTime()) + zoneText(moment.offset)
        is Instant -> isoText(moment.atOffset(ZoneOffset.UTC))
        else -> throw ContractException("wrong moment: expected a day or a date with a time, got ${moment.javaClass.simpleName}")
    }

private fun clockText(moment: LocalDateTime): String {
    val (date, time) = moment.toLocalDate() to moment.toLocalTime()
    val seconds = String.format(Locale.ROOT, "%sT%02d:%02d:%02d", date, time.hour, time.minute, time.second)
    val micros = time.nano / MICROS
    return if (micros == 0) seconds else seconds + String.format(Locale.ROOT, ".%06d", micros)
}

private fun zoneText(offset: ZoneOffset): String = if (offset == ZoneOffset.UTC) "+00:00" else offset.id

/** The ISO day YYYY-MM-DD that [text] is; null for anything else. */
internal fun dayOf(text: String): LocalDate? =
    try {
        if (DAY.matches(text)) LocalDate.parse(text) else null
    } catch (_: DateTimeException) {
        null
    }

/** Whether [text] is a day and a time of ISO 8601, with or without a zone. */
internal fun isMoment(text: String): Boolean {
    if (text.length <= DAY_LETTERS + 1 || dayOf(text.take(DAY_LETTERS)) == null) return false
    val time = text.substring(DAY_LETTERS + 1)
    val zone = time.indexOfAny(charArrayOf('Z', '+', '-')).let { if (it < 0) time.length else it }
    return CLOCK.matches(time.substring(0, zone)) && ZONE.matches(time.substring(zone))
}

/** The day at the beginning of a stored moment; throws [StoreException] for a text that has none. */
internal fun storedDay(text: String?): LocalDate? {
    if (text.isNullOrEmpty()) return null
    return dayOf(text.take(DAY_LETTERS)) ?: throw StoreException(
        "the store is damaged: expected a day like 2023-05-08, got '$text'; run `memlora store check`",
        Reason.INVALID_VALUES,
    )
}
