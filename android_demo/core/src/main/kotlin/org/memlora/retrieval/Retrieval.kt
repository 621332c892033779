package org.memlora.retrieval

import org.memlora.errors.StoreException
import org.memlora.store.Kind
import org.memlora.store.Store
import org.memlora.store.forms.floatsOf

private const val WORDS_COUNT = 2

/** How many rows by vector and how many by words a search joins, where no more are asked for. */
public const val CANDIDATES: Int = 64

// indexes in memory, of the users and kinds that were searched last
private const val MOST_HELD = 256

/** A row found and its score, higher is better. */
public data class Hit(public val id: Long, public val score: Double)

/**
 * Finds memories and raw turns of one store: exact cosine over every vector and keywords, joined in one score.
 *
 * The score of a row is (c + 2 w) / 3, from 0 to 1. c is the cosine of its vector and the query's, at least 0; w the share
 * of the query's words that it holds, each weighing by its rarity. A query without words is scored by c alone. Equal
 * scores go to the lower id. Every operation is exact or correctly rounded, in a stated order, so Python computes the
 * same bits. Sketches of the vectors are kept in memory; a search first reads what changed since.
 */
public class Retrieval(private val store: Store) {
    private val held = LinkedHashMap<Pair<Long, Kind>, Held>()

    /**
     * The index of one user's rows after [change], read when the store had taken back [rollbacks] times.
     *
     * [version] changes when another connection writes.
     */
    private class Held(val rollbacks: Int) {
        var change = 0L
        var version = -1L
        val index = SketchIndex()
    }

    /**
     * The [limit] rows with the highest cosine to the unit [vector] `[D]`, best first, equal ones by id.
     *
     * Throws [StoreException] when the store's vectors have another length.
     */
    public fun near(userId: String, vector: FloatArray, limit: Int, kind: Kind = Kind.MEMORY): List<Hit> =
        store.reading {
            if (limit > 0) ranked(cosines(candidates(userId, vector, limit, kind), vector, kind), limit) else emptyList()
        }

    /** Ids of rows that hold words of [query] but function words, best first. */
    public fun byWords(userId: String, query: String, limit: Int, kind: Kind = Kind.MEMORY): List<Long> =
        store.reading {
            store.userRow(userId)?.let { scoreByWords(store, it, query, limit, kind).best(limit) } ?: emptyList()
        }

    /** The [limit] best rows by vector and words together, best first, with scores from 0 to 1. */
    public fun search(userId: String, query: String, vector: FloatArray, limit: Int, kind: Kind = Kind.MEMORY): List<Hit> {
        val depth = maxOf(limit, CANDIDATES)
        return store.reading {
            val user = store.userRow(userId) ?: return@reading emptyList()
            val near = candidates(userId, vector, depth, kind)
            val words = scoreByWords(store, user, query, depth, kind)
            val best = words.best(depth)
            val cosines = cosines((near + best).toSet(), vector, kind)
            // candidates are more than the nearest, by how tight a reader's bounds are: cut to those, all find the same
            val nearest = ranked(cosines.filterKeys(near.toSet()::contains), depth).map { it.id }
            val reached = (nearest + best).toSet()
            ranked(reached.associateWith { joinScores(cosines[it] ?: 0.0, words, it) }, limit)
        }
    }

    private fun candidates(userId: String, vector: FloatArray, limit: Int, kind: Kind): List<Long> {
        val user = store.userRow(userId) ?: return emptyList()
        if (kind == Kind.PAST) return pastRows(store, user)
        val index = index(user, kind)
        if (index.count == 0) return emptyList()
        checkLength(vector, index.dimension)
        return index.candidates(vector, limit)
    }

    private fun checkLength(vector: FloatArray, wanted: Int) {
        if (vector.size != wanted) {
            throw StoreException(
                "cannot search ${store.path}: expected a vector of $wanted numbers, got ${vector.size}; open the store with " +
                    "its own embedder",
            )
        }
    }

    /** Products of float32 numbers are whole in float64; they are added place by place from the first. */
    private fun cosines(rows: Collection<Long>, vector: FloatArray, kind: Kind): Map<Long, Double> =
        readVectors(store, kind, rows).mapValues { (_, bytes) ->
            val stored = floatsOf(bytes)
            checkLength(vector, stored.size)
            var sum = 0.0
            for (place in stored.indices) sum += stored[place].toDouble() * vector[place].toDouble()
            sum
        }

    /** The user's index as of now. */
    private fun index(user: Long, kind: Kind): SketchIndex {
        val rollbacks = store.rollbacks
        val before = held.remove(user to kind) // an index that was interrupted while it changed is not kept
        val now = if (before == null || before.rollbacks != rollbacks) Held(rollbacks) else before
        val logged = loggedChanges(store, user, kind, now.change)
        now.change = logged.last
        var changes = logged.changes
        val version = store.rows("PRAGMA data_version") { it.long(0) }.single()
        if (version != now.version) {
            changes = changes + unloggedChanges(store, user, kind)
            now.version = version
        }
        now.index.apply(changes)
        held[user to kind] = now
        if (held.size > MOST_HELD) held.remove(held.keys.first())
        return now.index
    }
}

/** The score of a row as above, 0 to 1. */
internal fun joinScores(cosine: Double, words: WordScores, row: Long): Double {
    val meaning = minOf(maxOf(cosine, 0.0), 1.0)
    return if (words.total == 0.0) meaning else (meaning + WORDS_COUNT * words.share(row)) / (1 + WORDS_COUNT)
}

/** The rows with the highest scores, equal ones by id; adding 0.0 makes the zero below zero equal to zero. */
internal fun ranked(scores: Map<Long, Double>, limit: Int): List<Hit> =
    scores
        .map { (row, score) -> Hit(row, score) }
        .sortedWith(compareByDescending<Hit> { it.score + 0.0 }.thenBy { it.id })
        .take(limit)
