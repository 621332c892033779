package org.memlora.memory.rules.english

import org.memlora.text.isLetterOrNumber
import org.memlora.text.lower
import org.memlora.text.pattern

/** `zero` to `nineteen`. */
internal val SMALL: Map<String, Int> = Tables.grounding.list("numbers").withIndex().associate { it.value to it.index }
private val TENS: Map<String, Int> = Tables.grounding.list("tens").withIndex().associate { it.value to 10 * (it.index + 2) }

/** `first` to `ninetieth`, in one word. */
internal val ORDINALS: Map<String, Int> =
    Tables.grounding.list("ordinals").withIndex().associate { it.value to it.index } +
        TENS.map { (name, value) -> "${name.dropLast(1)}ieth" to value }
private val UNITS = (SMALL + ORDINALS).filterValues { it in 1..9 }
private val BELOW_HUNDRED = SMALL + TENS + ORDINALS
private val SCALES = mapOf("hundred" to 100, "thousand" to 1000, "grand" to 1000, "dozen" to 12)

/** Numbers as one word. */
internal val NUMBERS: Map<String, Int> = BELOW_HUNDRED + mapOf("hundred" to 100, "dozen" to 12, "thousand" to 1000)
private val DIGIT_WORDS = SMALL.filterValues { it < 10 }.mapValues { it.value.toString() } + mapOf("oh" to "0", "o" to "0")
private val DIGITS = pattern("[0-9]+(?:[.,][0-9]+)*+")
private val GROUPED = pattern("[0-9]{1,3}(?:[.,][0-9]{3})++")
private val CHAIN = pattern("(?<![^\\W_])[0-9]++(?:[ -][0-9]++)*+")
private val ASCII_DIGITS = '0'..'9'
private val SEPARATORS = charArrayOf(' ', '-')

/** The worth of a number in words, and of how many words it is (0: there is none). */
internal class Counted(
    val values: Set<String>,
    val read: Int,
)

private class Count(
    val value: Int,
    val read: Int,
)

private val NONE = Count(0, 0)

/** What a number in digits may be: `1,200` and `1.200` are 1200, the latter 1.2 too, `3rd` is 3, `12k` 12000. */
internal fun digits(word: String): Set<String> {
    val match = DIGITS.matchAt(word, 0) ?: return emptySet()
    val values = linkedSetOf(match.value.replace(',', '.'))
    if (GROUPED.matches(match.value)) values.add(match.value.filter { it in ASCII_DIGITS })
    if (lower(word.substring(match.end)) != "k") return values.mapTo(HashSet(), ::canonical)
    return values.filter { value -> value.count { it == '.' } < 2 }.mapTo(HashSet(), ::thousands)
}

private fun thousands(value: String): String {
    val rest = value.substringAfter('.', "")
    return canonical("${value.substringBefore('.')}${rest.take(3).padEnd(3, '0')}.${rest.drop(3)}")
}

/** Without zeros that say nothing: `08` is 8, `2.50` 2.5. */
private fun canonical(value: String): String {
    val rest = value.substringAfter('.', "").trimEnd('0')
    val whole = value.substringBefore('.').trimStart('0').ifEmpty { "0" }
    return if (rest.isEmpty()) whole else "$whole.$rest"
}

/**
 * The worth of the number that [words] in small letters begin with.
 *
 * `twenty one` 21, `a hundred and twenty` 120, `one thousand four hundred` 1400, `two and a half` 2.5; where [isLoose]
 * also `one eighty five` 185.
 */
internal fun spoken(
    words: List<String>,
    isLoose: Boolean = false,
): Counted {
    val first = belowThousand(words)
    if (first.read == 0) return Counted(emptySet(), 0)
    var value = first.value
    var read = first.read
    val loose = if (isLoose && read == 1 && value in 1..99) belowHundred(words.drop(read)) else NONE
    if (loose.read > 0 && loose.value > 9) return Counted(setOf("$value", "${100 * value + loose.value}"), read)
    if (words.getOrNull(read) == "thousand" || words.getOrNull(read) == "grand") {
        value *= 1000
        read += 1
        val skip = if (words.getOrNull(read) == "and") 1 else 0
        val rest = belowThousand(words.drop(read + skip))
        if (rest.read > 0 && rest.value < 1000) {
            value += rest.value
            read += skip + rest.read
        }
    }
    if (words.drop(read).take(3) == listOf("and", "a", "half")) return Counted(setOf("$value.5"), read + 3)
    return Counted(setOf("$value"), read)
}

private fun belowThousand(words: List<String>): Count {
    var found = belowHundred(words)
    if (found.read == 0 && words.firstOrNull() == "a" && words.getOrNull(1) in SCALES) found = Count(1, 1)
    val read = found.read
    if (read == 0) {
        val scale = words.firstOrNull()?.takeIf { it == "hundred" || it == "thousand" || it == "dozen" }
        return if (scale == null) NONE else Count(SCALES.getValue(scale), 1)
    }
    if (words.getOrNull(read) == "dozen") return Count(found.value * 12, read + 1)
    if (words.getOrNull(read) != "hundred") return found
    val skip = if (words.getOrNull(read + 1) == "and") 1 else 0
    val more = belowHundred(words.drop(read + 1 + skip))
    return Count(found.value * 100 + more.value, read + 1 + if (more.read > 0) skip + more.read else 0)
}

private fun belowHundred(words: List<String>): Count {
    val value = BELOW_HUNDRED[words.firstOrNull()] ?: return NONE
    val unit = if (words[0] in TENS) UNITS[words.getOrNull(1)] else null
    return if (unit == null) Count(value, 1) else Count(value + unit, 2)
}

/** Numbers that are told digit by digit: `8-2-8-1`, `2 300`, `two two seven`, `double zero six`, joined. */
internal fun runs(
    text: String,
    words: List<String>,
): Set<String> {
    val found = digitRuns(text).mapTo(HashSet(), ::canonical)
    val run = StringBuilder()
    var times = 1
    for (word in words + "") {
        val digit = DIGIT_WORDS[word]
        when {
            word == "double" -> times = 2
            digit != null -> {
                repeat(times) { run.append(digit) }
                times = 1
            }
            else -> {
                if (run.length > 2) found.add(canonical(run.toString()))
                run.clear()
                times = 1
            }
        }
    }
    return found
}

/** Digits with single spaces or hyphens between them that no letter follows, joined; one that a letter follows is left out. */
private fun digitRuns(text: String): List<String> =
    CHAIN.findAll(text).mapNotNull { match ->
        val isCut = match.end < text.length && isLetterOrNumber(text.codePointAt(match.end))
        val run = if (isCut) match.value.substring(0, maxOf(match.value.lastIndexOfAny(SEPARATORS), 0)) else match.value
        run.takeIf { it.indexOfAny(SEPARATORS) >= 0 }?.filter { it in ASCII_DIGITS }
    }.toList()
