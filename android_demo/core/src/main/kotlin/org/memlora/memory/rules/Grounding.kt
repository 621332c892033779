package org.memlora.memory.rules

import org.memlora.memory.rules.english.Clock
import org.memlora.memory.rules.english.Date
import org.memlora.memory.rules.english.Piece
import org.memlora.memory.rules.english.WORD
import org.memlora.memory.rules.english.meanings
import org.memlora.memory.rules.english.pieces
import org.memlora.memory.rules.english.plainWord
import org.memlora.memory.rules.english.saidPieces
import org.memlora.text.pattern
import java.time.LocalDate
import java.time.YearMonth

private val WORDS = pattern(WORD)
private const val HALF_DAY = 720
private const val HOUR = 60
private val YEARS = 1..9999

/**
 * The content words, names, numbers and dates of [text] that none of [said] tells, in order, each once, as written.
 *
 * [said] holds what was said with its days noted (`last Friday [1 May 2026]`); [known] are names that need not be told.
 * A date must stand whole as one date of [said]; a name inside the sentence must be the same letters apart from case and
 * accents; other words need the same stem.
 */
public fun ungrounded(
    text: String,
    said: List<String>,
    known: Collection<String> = emptyList(),
): List<String> {
    val told = Told(said)
    val free = known.flatMap { name -> WORDS.findAll(name).map { plainWord(it.value) } }.toSet()
    return pieces(text).filter { it.plain !in free && !told.holds(it) }.map { it.text }.distinct()
}

/** The sentence that shares most of the fact's content words, the first of equals; empty where none shares any. */
public fun groundedSentence(
    fact: String,
    sentences: List<String>,
): String {
    val wanted = pieces(fact)
    val shared = sentences.map { sentence -> Told(listOf(sentence)).let { told -> wanted.count(told::holds) } }
    val most = shared.maxOrNull() ?: 0
    return if (most > 0) sentences[shared.indexOf(most)] else ""
}

/** What the texts said hold. */
private class Told(
    said: List<String>,
) {
    private val plain = HashSet<String>()
    private val stems = HashSet<String>()
    private val values = HashSet<String>()
    private val clocks = HashSet<Int>()
    private val days = LinkedHashSet<Date>()
    private val weekdays = HashSet<Int>()

    init {
        said.flatMap(::saidPieces).forEach(::add)
    }

    private fun add(piece: Piece) {
        plain.add(piece.plain)
        values.addAll(piece.values)
        days.addAll(piece.days)
        piece.clock?.let { clock ->
            clocks.add(clock.minutes)
            values.addAll(clock.numbers)
        }
        piece.weekday?.let(weekdays::add)
        if (piece.plain.isNotEmpty()) stems.addAll(meanings(piece.plain))
        if (piece.isHour) clocks.addAll(hours(piece.values))
    }

    /** Whether the piece of a fact was told. */
    fun holds(piece: Piece): Boolean =
        when {
            piece.days.isNotEmpty() -> piece.days.all { day -> days.any(day::within) }
            piece.weekday != null -> piece.weekday in weekdays || piece.beside.any { weekday(it) == piece.weekday }
            piece.clock != null -> holdsClock(piece.clock)
            piece.values.isNotEmpty() -> holdsNumber(piece)
            piece.isName -> piece.plain in plain || "${piece.plain}s" in plain
            else -> piece.plain in plain || meanings(piece.plain).any { it in stems }
        }

    private fun holdsNumber(piece: Piece): Boolean {
        val isOfDay = days.any { (if (piece.isOrdinal) it.day else it.year).toString() in piece.values }
        return isOfDay || piece.values.any { it in values } || (piece.isHour && hours(piece.values).any { it in clocks })
    }

    /** As a clock, as `0810`, or as the numbers that it may be instead. */
    private fun holdsClock(clock: Clock): Boolean {
        val hour = clock.minutes / HOUR
        val wholes = listOf(hour, hour + 12).map { "${100 * it + clock.minutes % HOUR}" }
        val isOther = clock.numbers.isNotEmpty() && values.containsAll(clock.numbers)
        return clock.minutes in clocks || isOther || wholes.any { it in values }
    }

    /** The times that numbers of at most two digits are as hours. */
    private fun hours(values: Set<String>): List<Int> = values.filter { it.length < 3 }.map { HOUR * it.toInt() % HALF_DAY }
}

/** Monday 0; null of a day that is none, as 31 June. */
private fun weekday(day: Date): Int? {
    val isDay = day.year in YEARS && day.month in 1..12 && day.day in 1..YearMonth.of(day.year, day.month).lengthOfMonth()
    return if (isDay) LocalDate.of(day.year, day.month, day.day).dayOfWeek.value - 1 else null
}
