package org.memlora.retrieval

import kotlin.math.sqrt
import org.memlora.store.Kind
import org.memlora.store.Store
import org.memlora.store.firstRow
import org.memlora.store.forms.Ranges
import org.memlora.store.forms.isSpaceless
import org.memlora.store.forms.mapped
import org.memlora.store.forms.readTable
import org.memlora.store.forms.small
import org.memlora.store.forms.wordsForm
import org.memlora.store.lastRow

// Keyword search: rows that hold words of a query, rare words first, the user's own rows alone.
//
// A row's score is the sum over the query's words in it of n ** -1/4, n being how many rows of the user hold the word;
// computed as 1 / sqrt(sqrt(n)), the same bits in every language, and added up rarest word first. The time is bounded by
// rows, not by the size of the store: the rarest words lead to rows until these are ROWS (of a word in more rows than
// that, the newest); the other words only add to the score of rows that were found. Words are compared by FTS5 alone.

private const val ROWS = 500
private const val MOST_WORDS = 256 // of one query

private object WordTable {
    private val rows = readTable(WordTable::class.java, "words.json")

    val functionWords = rows.getValue("function_words").toSet()

    /** What parts words in a query: these, and whatever else FTS5's tokenizer takes for no letter, digit or mark. */
    val parting = Ranges(rows.getValue("parting"))
}

/**
 * The words of [query] as FTS5 phrases, each once, a bounded number; function words if it has no others.
 *
 * A run of letters of a script without spaces gives its pairs of neighbours, which is how words are found in it.
 */
internal fun wordsOf(query: String): List<String> {
    val parts = mapped(wordsForm(query)) { if (WordTable.parting.contains(it)) ' '.code else it }.split(' ')
    val words = LinkedHashMap<String, String>()
    for (word in phrases(parts.filter { it.isNotEmpty() })) {
        val key = small(word)
        if (key !in words) words[key] = "\"$word\""
        if (words.size == MOST_WORDS) break
    }
    val telling = words.filterKeys { it !in WordTable.functionWords }.values.toList()
    return telling.ifEmpty { words.values.toList() }
}

private fun phrases(parts: List<String>): Sequence<String> =
    sequence {
        val run = ArrayList<String>()
        for (part in parts + "") {
            if (part.isNotEmpty() && isSpaceless(part.codePointAt(0))) {
                run += part
                continue
            }
            for ((first, second) in run.zipWithNext()) yield("$first $second")
            if (run.size == 1) yield(run.single())
            run.clear()
            if (part.isNotEmpty()) yield(part)
        }
    }

/** Rows by what the query's words in them weigh, and what all words of the query weigh together. */
internal class WordScores(val rows: Map<Long, Double>, val total: Double) {
    /** Ids of the rows that score highest, equal ones by id. */
    fun best(limit: Int): List<Long> = ranked(rows, limit).map { it.id }

    /** Of what all words weigh, the part that stands in the row: 0 to 1. */
    fun share(row: Long): Double = if (total == 0.0) 0.0 else minOf((rows[row] ?: 0.0) / total, 1.0)
}

/** What a word counts that [n] rows of the user hold. */
internal fun weight(n: Int): Double = 1 / sqrt(sqrt(maxOf(n, 1).toDouble()))

/** Scores of rows that hold words of [query] but function words; a word in no row weighs as one in a single row. */
internal fun scoreByWords(store: Store, user: Long, query: String, limit: Int, kind: Kind): WordScores =
    WordSearch(store, user, kind, maxOf(ROWS, limit)).scores(query)

private class WordSearch(private val store: Store, user: Long, kind: Kind, private val most: Int) {
    private val first = firstRow(user, kind == Kind.PAST)
    private val last = lastRow(user, kind == Kind.PAST)
    private val table = if (kind == Kind.TURN) "turn_words" else "memory_words"
    private val held = "SELECT rowid FROM $table WHERE $table MATCH ? AND rowid BETWEEN ? AND ?"

    fun scores(query: String): WordScores {
        val every = wordsOf(query).map { count(it) to it }.sortedBy { it.first }
        var total = 0.0
        for ((n, _) in every) total += weight(n)
        val counted = every.filter { it.first > 0 }
        val rare = counted.take(rarest(counted))
        val scores = HashMap<Long, Double>()
        for ((n, word) in rare) {
            for (row in rowsWith(word, first)) scores[row] = (scores[row] ?: 0.0) + weight(n)
        }
        val found = rare.joinToString(" OR ") { it.second }
        for ((n, word) in counted.drop(rare.size)) {
            for (row in rowsWith("$word AND ($found)", scores.keys.min())) {
                scores[row]?.let { scores[row] = it + weight(n) }
            }
        }
        return WordScores(scores.mapKeys { it.key - first }, total)
    }

    /** The newest rows that match, from row [since] on, in one text: a row each costs more. */
    private fun rowsWith(match: String, since: Long): List<Long> {
        val sql = "SELECT group_concat(rowid) FROM ($held ORDER BY rowid DESC LIMIT ?)"
        val text = store.rows(sql, match, since, last, most) { it.textOrNull(0) }.single() ?: return emptyList()
        return text.split(',').map { it.toLong() }
    }

    /** Rows that match, counted up to one more than [most]. */
    private fun count(match: String): Int =
        store.rows("SELECT count(*) FROM ($held LIMIT ?)", match, first, last, most + 1) { it.long(0) }.single().toInt()

    /** How many of the words, rarest first, are in [most] rows together; one at least. */
    private fun rarest(counted: List<Pair<Int, String>>): Int {
        var total = 0
        counted.forEachIndexed { place, (n, _) ->
            total += n
            if (total > most && place > 0) return place
        }
        return counted.size
    }
}
