package org.memlora.text

private const val LONG = 160 // letters from which on a sentence is cut between clauses
private const val ENDS = ".!?\u2026"
private const val FULL_ENDS = "\u3002\uff01\uff1f\u061f\u06d4\u0964"
private const val CLOSING = "\"')]}*_\u201d\u2019\u00bb"
private const val WORD_REACH = 80 // letters before a mark among which its word is looked for

/** Short forms after which a sentence goes on. */
private val NEVER =
    splitAtBlanks(
        "dr mr mrs ms mx prof sr jr st mt ft capt col gen lt sgt rev hon fr vs nos nr fig vol approx ca cf " +
            "viz dept est e.g i.e e.g. i.e. tel ext",
    ).toSet()

/** Short forms that end a sentence where a capital letter follows. */
private val SOMETIMES = splitAtBlanks("a.m p.m am pm etc inc ltd co corp rd ave blvd sq u.s u.k u.s.a e.u b.c a.d ph.d").toSet()
private val MONTHS_AND_DAYS =
    splitAtBlanks("jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun").toSet()
private val LINE_END = pattern("[\\n\\r\\u2028\\u2029]+")
private val QUOTED =
    pattern("\"[^\"\\n]*\"|\\u201c[^\\u201c\\u201d\\n]*\\u201d|\\u00ab[^\\u00ab\\u00bb\\n]*\\u00bb|`[^`\\n]*`|\\([^()\\n]*\\)")
private val LINK = pattern("(?:https?://|www\\.)[^ \\t\\n]+")
private val CLAUSE =
    pattern(
        "[;\\u2014] +|,? +[\\u2013-] +|, +(?=(?:and|but|so|because|then|also|plus|while|though|although) " +
            "(?:I|I'm|I've|we|he|she|they|it|my|our|his|her|their|the) )",
    )
private val NEXT_CAPITAL = pattern(" +(?!I )[A-Z\\u00c0-\\u00de]")
private val NOT_BLANK = pattern("\\S")
private val SIGNS =
    pattern("[ \\t]*[^\\w\\s\"'(\\[{\\u201c\\u2018\\u00ab\\u00bf\\u00a1$\\u20ac\\u00a3#@<>/*+-]{1,200}(?=\\s|$)")
private val FOUR_WORDS = pattern("\\s*+(?:\\S++\\s++){3}\\S")
private val DOTTED_LETTERS = pattern("(?:[A-Za-z]\\.)+[A-Za-z]")
private val TWO_DIGITS = pattern("[0-9]{1,2}")

/**
 * The sentences of [text] in order, without the white space around them; blank ones are left out.
 *
 * A line end always ends one. One longer than 160 letters is cut at its semicolons, dashes and before clauses that begin
 * with `, and I` and the like, as long as no part gets shorter than four words.
 */
public fun sentences(text: String): List<String> =
    LINE_END.split(text).flatMap(::ofLine).flatMap { part ->
        if (part.codePointCount(0, part.length) > LONG) clauses(part) else listOf(part)
    }

private fun ofLine(line: String): List<String> {
    val shut = shut(line)
    val parts = ArrayList<String>()
    var start = 0
    var place = 0
    while (place < line.length) {
        val following = place + Character.charCount(line.codePointAt(place))
        if (line[place] in FULL_ENDS || (line[place] in ENDS && !shut[place])) {
            var end = following
            while (end < line.length && (line[end] in ENDS || line[end] in FULL_ENDS || line[end] in CLOSING)) end++
            if (ends(line, start, place, end)) {
                end = afterSigns(line, end)
                parts.add(line.substring(start, end))
                start = end
            }
            place = end
        } else {
            val closes = shut[place] && (following == line.length || !shut[following])
            if (closes && line[place - 1] in ENDS && NEXT_CAPITAL.matchAt(line, following) != null) {
                parts.add(line.substring(start, following))
                start = following
            }
            place = following
        }
    }
    parts.add(line.substring(start))
    return parts.map(::stripBlanks).filter { it.isNotEmpty() }
}

/** For each letter whether it stands inside a quotation, brackets or a link, where no sentence ends. */
private fun shut(line: String): BooleanArray {
    val shut = BooleanArray(line.length)
    for (match in QUOTED.findAll(line)) shut.fill(true, match.range.first, match.range.last + 1)
    for (match in LINK.findAll(line)) {
        var end = match.range.last + 1
        while (end > match.range.first && (line[end - 1] in ENDS || line[end - 1] in ",;:)")) end--
        shut.fill(true, match.range.first, end)
    }
    return shut
}

/** Whether the mark at [place], whose run of marks ends at [end], ends a sentence that began at [start]. */
private fun ends(
    line: String,
    start: Int,
    place: Int,
    end: Int,
): Boolean {
    if (line[place] in FULL_ENDS || end == line.length) return true
    val next = line.codePointAt(end)
    if (!isBlank(next)) {
        val goesOn = isLetterOrNumber(next) || line[end] in "_-/$%&@#+=,;:" || (line[place] != '.' && line[end] == '.')
        return !goesOn
    }
    val after = NOT_BLANK.find(line, end)?.value?.codePointAt(0)
    val isSmall = after != null && Character.isLowerCase(after)
    val isNumber = after != null && isDigit(after)
    val areDots = line.startsWith("..", place) || line.startsWith(".\u2026", place) || line[place] == '\u2026'
    if (areDots) return !isSmall
    if (line[place] != '.') return true
    val word = wordBefore(line, start, place)
    val small = lower(word)
    return when {
        small == "no" -> !isNumber
        small in NEVER || (word.codePointCount(0, word.length) == 1 && isUpper(word) && word != "I") -> false
        small in MONTHS_AND_DAYS || small in SOMETIMES || DOTTED_LETTERS.matches(word) -> !(isNumber || isSmall)
        else -> !(TWO_DIGITS.matches(word) && line.substring(start, place).all { it in " 0123456789" })
    }
}

private fun wordBefore(
    line: String,
    start: Int,
    place: Int,
): String {
    val length = minOf(WORD_REACH, line.codePointCount(maxOf(start, place - 2 * WORD_REACH), place))
    val near = line.substring(line.offsetByCodePoints(place, -length), place)
    return near.substring(near.lastIndexOfAny(charArrayOf(' ', '\t', '(', '"', '\u201c')) + 1)
}

/** Behind the signs (emoji) that belong to the sentence before them. */
private fun afterSigns(
    line: String,
    end: Int,
): Int = SIGNS.matchAt(line, end)?.let { it.range.last + 1 } ?: end

private fun clauses(sentence: String): List<String> {
    val shut = shut(sentence)
    val parts = ArrayList<String>()
    var start = 0
    for (match in CLAUSE.findAll(sentence)) {
        val cut = match.range.last + 1
        val isLong =
            FOUR_WORDS.matchesWithin(sentence, start, match.range.first) &&
                FOUR_WORDS.matchesWithin(sentence, cut, sentence.length)
        if (isLong && !shut[match.range.first]) {
            parts.add(sentence.substring(start, cut).trimEnd(' ', ',', ';', '\u2014', '\u2013', '-'))
            start = cut
        }
    }
    return parts + sentence.substring(start)
}
