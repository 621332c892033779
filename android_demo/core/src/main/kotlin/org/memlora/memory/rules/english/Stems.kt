package org.memlora.memory.rules.english

import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.memlora.text.splitAtBlanks

private const val VOWELS = "aeiouy"
private val SAME_MEANINGS: Map<String, Set<String>> = sameMeanings()

/** A word in small letters without its ending: -s -es -ed -ing, -ies and -ied as -y, a doubled consonant once. */
internal fun stem(word: String): String {
    var cut = withoutS(IRREGULAR[word] ?: word)
    for (ending in listOf("ing", "ed")) {
        val rest = cut.removeSuffix(ending)
        if (rest != cut && rest.letters > 1 && rest.any { it in VOWELS }) {
            cut = rest
            break
        }
    }
    if (cut.letters > 3 && cut.endsWith("e")) cut = cut.dropLast(1)
    return withoutDoubled(cut)
}

/** The stems that mean the same as a word in small letters, its own among them. */
internal fun meanings(plain: String): Set<String> = stem(plain).let { SAME_MEANINGS[it] ?: setOf(it) }

private fun withoutS(word: String): String =
    when {
        (word.endsWith("ies") || word.endsWith("ied")) && word.letters > 4 -> "${word.dropLast(3)}y"
        listOf("sses", "shes", "ches", "xes", "zes").any(word::endsWith) -> word.dropLast(2)
        word.endsWith("oes") && word.letters > 4 -> word.dropLast(2)
        word.endsWith("s") && word.letters > 3 && listOf("ss", "us", "is").none(word::endsWith) -> word.dropLast(1)
        else -> word
    }

private fun withoutDoubled(word: String): String {
    if (word.letters < 3) return word
    val last = word.codePointBefore(word.length)
    val end = word.length - Character.charCount(last)
    val isDoubled = word.codePointBefore(end) == last && !(last < 128 && last.toChar() in VOWELS)
    return if (isDoubled) word.substring(0, end) else word
}

private fun sameMeanings(): Map<String, Set<String>> {
    val same = HashMap<String, Set<String>>()
    for (row in Tables.grounding.getValue("same").jsonArray) {
        val stems = splitAtBlanks(row.jsonPrimitive.content).map(::stem)
        for (one in stems) same[one] = same[one].orEmpty() + stems
    }
    return same
}
