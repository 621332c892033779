package org.memlora.memory.rules.english

private val SIGNS = mapOf("\u20ac" to " euro ", "$" to " dollar ", "\u00a3" to " pound ")

/** The pieces of what was said, every word among them: a number may be read in more than one way. */
internal fun saidPieces(said: String): List<Piece> {
    val text = SIGNS.entries.fold(said) { spelt, (sign, word) -> spelt.replace(sign, word) }
    val cut = CutText(text)
    val single = singleDigits(text)
    val found = arrayListOf(Piece("", values = runs(text, cut.plains)))
    var end = 0
    var countedTo = 0
    for ((place, match) in cut.places.withIndex()) {
        cut.written[match.start]?.let { written ->
            end = written.end
            found.add(written.piece)
        }
        found.add(Piece(match.value, cut.plains[place], weekday = weekdayOf(cut.plains[place], isSaid = true)))
        if (match.start < end || place < countedTo || match.start in single) continue
        val counted = cut.counted(place, isSaid = true)
        val number = numberAt(text, match.start)
        if (counted != null) {
            found.add(counted.piece)
            countedTo = place + counted.read
        } else if (number != null) {
            found.add(withCenturies(cut.numberPiece(number, place), text, match))
        }
    }
    return found
}

/** `'85` is 1985 and 2085 too. */
private fun withCenturies(
    piece: Piece,
    text: String,
    match: MatchResult,
): Piece {
    val sign = text.getOrNull(match.start - 1)
    val isYear = (sign == '\'' || sign == '\u2019') && match.value.length == 2 && match.value.all { it in '0'..'9' }
    return if (isYear) piece.copy(values = piece.values + setOf("19${match.value}", "20${match.value}")) else piece
}
