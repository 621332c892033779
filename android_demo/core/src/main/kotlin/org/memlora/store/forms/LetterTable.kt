package org.memlora.store.forms

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

private const val HEX = 16

/** The tables of `runtime_py/store/forms/tables/letters.json`, read once. */
internal object LetterTable {
    private val rows = readTable(LetterTable::class.java, "letters.json")

    val capitals = Capitals(rows.getValue("capitals"))
    val spaces = Ranges(rows.getValue("spaces"))
    val spaceless = Ranges(rows.getValue("spaceless"))
    val signs = Ranges(rows.getValue("signs"))
}

/** The lists of texts of a JSON table that lies beside [owner] among the resources. */
internal fun readTable(
    owner: Class<*>,
    name: String,
): Map<String, List<String>> {
    val stream = checkNotNull(owner.getResourceAsStream(name)) { "the table $name is missing from the jar" }
    val text = stream.use { it.reader(Charsets.UTF_8).readText() }
    return Json.parseToJsonElement(text).jsonObject.mapValues { (_, list) ->
        list.jsonArray.map { it.jsonPrimitive.content }
    }
}

/** Ranges of code points, each `0041-005A` or one alone, in rising order. */
internal class Ranges(rows: List<String>) {
    private val firsts = IntArray(rows.size) { rows[it].substringBefore('-').toInt(HEX) }
    private val lasts = IntArray(rows.size) { rows[it].substringAfter('-').toInt(HEX) }

    fun contains(letter: Int): Boolean = place(letter) >= 0

    /** Which range holds [letter]; below 0: none. */
    fun place(letter: Int): Int {
        val found = firsts.binarySearch(letter)
        val place = if (found >= 0) found else -found - 2
        return if (place >= 0 && letter <= lasts[place]) place else -1
    }

    fun first(place: Int): Int = firsts[place]
}

/** Rows of `range step shift`: every step-th code point of a range is a capital, its small letter shift further. */
internal class Capitals(rows: List<String>) {
    private val parts = rows.map { it.split(' ') }
    private val ranges = Ranges(parts.map { it[0] })
    private val steps = IntArray(rows.size) { parts[it][1].toInt() }
    private val shifts = IntArray(rows.size) { parts[it][2].toInt() }

    /** What is added to [letter] to have its small one; 0 for what is no capital. */
    fun shift(letter: Int): Int {
        val place = ranges.place(letter)
        return if (place >= 0 && (letter - ranges.first(place)) % steps[place] == 0) shifts[place] else 0
    }
}
