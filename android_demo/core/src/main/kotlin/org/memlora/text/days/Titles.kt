package org.memlora.text.days

import org.memlora.text.isUpper
import org.memlora.text.lower
import org.memlora.text.pattern

private val WORD = pattern("[A-Za-z\\u00c0-\\u024f0-9']+")
private val BEGIN =
    pattern(
        "(?:^|[.!?\\u2026:\\n\\x00]|- |\\u2013 |\\u2014 |[^\\x00-\\u024f])[ \\t\\r\\n\"'(*\\u201c\\u2018]*$",
    )
private val LAST = pattern("([A-Za-z\\u00c0-\\u024f][A-Za-z\\u00c0-\\u024f'\\u2019]*)[ \\t]+$")
private val NEXT = pattern("[ \\t]+([A-Za-z\\u00c0-\\u024f]+)")
private val TITLE = pattern(" [A-Z][a-z]+ [A-Z][a-z]+") // `Tomorrow Never Dies`
private const val SENTENCE_ENDS = ".!?\n"
private const val REACH = 60

/** Words that are written with a capital wherever they stand. */
private val NAMES =
    pattern(
        "(?:mon|tues?|wed(?:nes|s)?|thu(?:rs?)?|fri|sat(?:ur)?|sun|january|jan|february|feb|march|mar|april|apr|may|june?|july?|" +
            "august|aug|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|christmas|xmas|easter|boxing|new|year'?s|eve|day|" +
            "valentine'?s|halloween|good|spring|summer|autumn|fall)(?:day)?",
    )

/** A word of the expression has a capital that neither its kind nor its place explains: `USA Today`, `Ruby Tuesday`. */
internal fun isTitle(
    text: String,
    start: Int,
    end: Int,
): Boolean {
    val begins = start == 0 || BEGIN.containsMatchIn(before(text, start))
    val shouted = sentence(text, start, end).none { it in 'a'..'z' }
    if (begins && TITLE.matchAt(text, end) != null) return true
    return WORD.findAll(text.substring(start, end)).withIndex().any { (i, match) ->
        val word = match.value
        val isExplained = word[0] !in 'A'..'Z' || shouted || (i == 0 && begins)
        !isExplained && (!NAMES.matches(lower(word).replace('\u2019', '\'')) || (isUpper(word) && word.length > 3))
    }
}

/** The sentence around, at most 60 letters on either side. */
private fun sentence(
    text: String,
    start: Int,
    end: Int,
): String {
    val after = text.substring(end, minOf(text.length, end + REACH))
    return before(text, start).takeLastWhile { it !in SENTENCE_ENDS } + text.substring(start, end) +
        after.takeWhile { it !in SENTENCE_ENDS }
}

private fun before(
    text: String,
    start: Int,
): String = text.substring(maxOf(0, start - REACH), start)

/** The word right before [start] and whether it opens a sentence; "" where none stands there. */
internal fun wordBefore(
    text: String,
    start: Int,
): Pair<String, Boolean> {
    val before = before(text, start)
    val match = LAST.find(before) ?: return "" to false
    return match.groupValues[1] to BEGIN.containsMatchIn(before.substring(0, match.range.first))
}

/** The word after [end] with only spaces between; "" where none stands there. */
internal fun wordAfter(
    text: String,
    end: Int,
): String = NEXT.matchAt(text, end)?.groupValues?.get(1).orEmpty()
