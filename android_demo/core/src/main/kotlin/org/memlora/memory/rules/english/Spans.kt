package org.memlora.memory.rules.english

// Python counts code points where Kotlin counts UTF-16 units: lengths and cuts that a rule states are counted as Python does.

/** How many code points a text has. */
internal val String.letters: Int get() = codePointCount(0, length)

/** The first code point as a text; empty of an empty text. */
internal fun firstLetter(text: String): String = if (text.isEmpty()) "" else text.substring(0, text.offsetByCodePoints(0, 1))

/** What follows the first code point. */
internal fun afterFirstLetter(text: String): String = text.substring(firstLetter(text).length)

/** At most [count] code points before [end]. */
internal fun lettersBefore(
    text: String,
    end: Int,
    count: Int,
): String {
    var start = end
    repeat(count) { if (start > 0) start = text.offsetByCodePoints(start, -1) }
    return text.substring(start, end)
}

/** At most [count] code points from [start] on. */
internal fun lettersAfter(
    text: String,
    start: Int,
    count: Int,
): String {
    var end = start
    repeat(count) { if (end < text.length) end = text.offsetByCodePoints(end, 1) }
    return text.substring(start, end)
}

/** Where a match begins. */
internal val MatchResult.start: Int get() = range.first

/** The place behind a match. */
internal val MatchResult.end: Int get() = range.last + 1
