package org.memlora.memory.rules.english

import org.memlora.text.isUpper
import org.memlora.text.lower
import org.memlora.text.pattern

private val FUNCTION = (Tables.grounding.list("function") + Tables.grounding.list("titles")).toSet()

/**
 * Stems of words that say how two told things belong together (live, called, birthday) and are no thing, quality or
 * amount themselves: a fact that holds them and else only told words tells nothing of its own. Kin, the opposites of
 * liking (hate) and verbs that end something (sold, left) are not among them.
 */
private val RELATION = Tables.grounding.list("relation").map(::stem).toSet()
private val WORDS = pattern(WORD)
private val NUMBER = pattern("[0-9]+(?:[.,][0-9]+)*+(?P<ending>[^\\W_]*)")
private val ONE_BY_ONE = pattern("(?<![0-9])[0-9](?:[- ][0-9]){2,}(?![0-9])")
private val FRACTION = pattern("(?:^|[^0-9])\\.$")
private val HOUR_AFTER = setOf("at", "by", "till", "til", "until", "from", "around", "about", "before", "after")
private val NUMBER_ENDINGS = setOf("", "st", "nd", "rd", "th", "k", "s")
private val SHORT_DAYS = setOf("sun", "sat", "wed", "suns", "sats", "weds")
private const val LONGEST_NUMBER = 9 // words

/** A word, number, clock or date of a text: as written, plain, and what it means. */
internal data class Piece(
    val text: String,
    val plain: String = "",
    val isName: Boolean = false,
    val values: Set<String> = emptySet(),
    val isOrdinal: Boolean = false,
    val isHour: Boolean = false,
    val clock: Clock? = null,
    val days: List<Date> = emptyList(),
    val weekday: Int? = null,
    val beside: List<Date> = emptyList(),
)

/** The pieces of a fact in order, without function and relation words. */
internal fun pieces(text: String): List<Piece> {
    val cut = CutText(text)
    val days = cut.written.values.flatMap { it.piece.days }
    val found = ArrayList<Piece>()
    var end = 0
    for (place in cut.places.indices) {
        val start = cut.places[place].start
        val plain = cut.plains[place]
        if (start < end) continue
        val written = cut.written[start]
        val weekday = weekdayOf(plain)
        if (written != null) {
            end = written.end
            found.add(written.piece)
        } else if (weekday != null) {
            found.add(Piece(cut.places[place].value, weekday = weekday, beside = days))
        } else {
            end = cut.addNumberOrWord(place, found) ?: end
        }
    }
    return found
}

/** The end of what was read at a place where it is more than a word; null otherwise. */
private fun CutText.addNumberOrWord(
    place: Int,
    found: MutableList<Piece>,
): Int? {
    val match = places[place]
    val plain = plains[place]
    val counted = counted(place, isSaid = false)
    if (counted != null) {
        if ((plain == "one" || plain == "second") && counted.read == 1) return null
        val end = places[place + counted.read - 1].end
        found.add(counted.piece.copy(text = text.substring(match.start, end)))
        return end
    }
    val number = NUMBER.matchAt(text, match.start)
    if (number != null) {
        found.add(numberPiece(number, place))
        return number.end
    }
    if (plain !in FUNCTION && stem(plain) !in RELATION && plain !in NUMBERS) {
        val before = if (place > 0) text.substring(places[place - 1].end, match.start) else "\n"
        found.add(Piece(match.value, plain, isUpper(firstLetter(match.value)) && before.none { it in ".!?:\n" }))
    }
    return null
}

/** A number in words, and of how many words it is. */
internal class CountedPiece(
    val piece: Piece,
    val read: Int,
)

/** A date or clock of a text, and where it ends. */
internal class WrittenPiece(
    val end: Int,
    val piece: Piece,
)

/** A text cut into its words, with the dates and clocks among them by their starts. */
internal class CutText(
    val text: String,
) {
    val places: List<MatchResult> = WORDS.findAll(text).toList()
    val plains: List<String> = places.map { plainWord(it.value) }
    val written: Map<Int, WrittenPiece> = writtenIn(text)

    /** The number in words at a place. */
    fun counted(
        place: Int,
        isSaid: Boolean,
    ): CountedPiece? {
        val number = spoken(joined(place), isSaid)
        if (number.read == 0) return null
        val isOrdinal = plains[place + number.read - 1] in ORDINALS
        return CountedPiece(Piece("", values = number.values, isOrdinal = isOrdinal, isHour = isHour(place)), number.read)
    }

    /** `3rd`, `1,200`, `.5` at a place; with other letters (`TT409`) it is a word. */
    fun numberPiece(
        number: MatchResult,
        place: Int,
    ): Piece {
        val ending = lower(checkNotNull(number.groups["ending"]).value)
        if (ending !in NUMBER_ENDINGS) return Piece(number.value, lower(number.value))
        val isFraction = FRACTION.containsMatchIn(lettersBefore(text, number.start, 2))
        val values = digits(if (isFraction) "0.${number.value}" else number.value)
        val isOrdinal = ending != "" && ending != "k" && ending != "s"
        return Piece(number.value, values = values, isOrdinal = isOrdinal, isHour = isHour(place))
    }

    private fun isHour(place: Int): Boolean = place > 0 && plains[place - 1] in HOUR_AFTER

    /** The words from a place on, at most nine, with a space or a hyphen between. */
    private fun joined(place: Int): List<String> {
        var end = place + 1
        while (end < minOf(places.size, place + LONGEST_NUMBER) && isGap(places[end - 1].end, places[end].start)) end++
        return plains.subList(place, end)
    }

    private fun isGap(
        start: Int,
        end: Int,
    ): Boolean = end == start + 1 && (text[start] == ' ' || text[start] == '-')
}

/** The digits that are told one by one, as the places of their letters. */
internal fun singleDigits(text: String): Set<Int> =
    ONE_BY_ONE.findAll(text).filter { it.value.length > 4 }.flatMap { it.start until it.end }.toSet()

/** A number in digits that begins at [start]. */
internal fun numberAt(
    text: String,
    start: Int,
): MatchResult? = NUMBER.matchAt(text, start)

/** The weekday that a plain word names, Monday 0; short forms that are words of their own only where [isSaid]. */
internal fun weekdayOf(
    plain: String,
    isSaid: Boolean = false,
): Int? = if (plain in SHORT_DAYS && !isSaid) null else WEEKDAYS[plain] ?: WEEKDAYS[plain.removeSuffix("s")]

private fun writtenIn(text: String): Map<Int, WrittenPiece> {
    val found = LinkedHashMap<Int, WrittenPiece>()
    for (day in dates(text)) {
        val days = found[day.start]?.piece?.days.orEmpty() + day
        found[day.start] = WrittenPiece(day.end, Piece(text.substring(day.start, day.end), days = days))
    }
    for (clock in clocks(text)) {
        val piece = Piece(text.substring(clock.start, clock.end), clock = clock)
        if (clock.start !in found) found[clock.start] = WrittenPiece(clock.end, piece)
    }
    return found
}
