package org.memlora.memory.photos

import org.memlora.memory.Answer
import org.memlora.memory.Recall
import org.memlora.memory.RecalledPhoto
import org.memlora.memory.RecalledTurn
import org.memlora.memory.rules.contentWords
import org.memlora.memory.rules.english.PICTURE_WORDS
import org.memlora.memory.rules.english.namesAPicture
import org.memlora.memory.rules.english.tellsWhatIsSeen
import org.memlora.memory.rules.english.whatIsSeen
import org.memlora.operations.Generator
import org.memlora.operations.UnparsableException
import org.memlora.operations.VQA
import org.memlora.operations.VqaInput
import org.memlora.progress.Cancellation
import org.memlora.retrieval.CANDIDATES
import org.memlora.store.Store

private const val AROUND = 0.5 // what the score of a turn before or after a photo's own exchange counts for it
private const val DEEPER = 8

/** A turn or memory that fits a question, and the photos that came with it. */
private class Hit(
    val score: Double,
    val text: String,
    val photos: List<Long>,
)

/**
 * Finds the photo that a question is about and asks the expert.
 *
 * A question that names a picture (`namesAPicture`) is about the photo that fits it best by what was said around it, or the
 * newest where it says nothing else. One that only asks for what is to be seen is about the photo of what fits it best, if
 * that has one and tells no colour, number or writing itself. Every other question is left to the texts.
 */
internal class Looker(
    private val generator: Generator,
    private val store: Store,
    private val recall: Recall,
) {
    /**
     * The user's photos that fit a [query] best by what was said with and around them, best first, newer ones first.
     *
     * A photo scores as the best of: the turns of its exchanges, the memories that came of them, and [AROUND] times the
     * turns of the exchange before and after in the session.
     */
    fun search(
        query: String,
        vector: FloatArray,
        userId: String,
        limit: Int,
    ): List<RecalledPhoto> =
        store.reading {
            val scores = HashMap<Long, Double>()
            val most = minOf(limit, store.countPhotos(userId))
            var depth = CANDIDATES
            var isAll = false
            while (scores.size < most && !isAll) {
                val turns = recall.recallTurns(query, vector, userId, depth).associate { it.turn.id to it.score }
                val memories = recall.recall(query, vector, userId, depth).associate { it.memory.id to it.score }
                raise(scores, turns, store.photosWith(userId, turns.keys))
                raise(scores, memories, store.photosBehind(userId, memories.keys))
                raise(scores, turns, store.photosBeside(userId, turns.keys), AROUND)
                isAll = maxOf(turns.size, memories.size) < depth
                depth = if (depth > Int.MAX_VALUE / DEEPER) Int.MAX_VALUE else depth * DEEPER
            }
            val best = scores.keys.sortedWith(compareBy({ -scores.getValue(it) }, { -it })).take(most)
            best.map { RecalledPhoto(store.photo(userId, it), scores.getValue(it)) }
        }

    /** The photo that a [question] is about, null where it is about none. */
    fun photoFor(
        question: String,
        userId: String,
        asker: String,
    ): RecalledPhoto? {
        val kind = whatIsSeen(question)
        val isNamed = namesAPicture(question)
        if ((kind.isEmpty() && !isNamed) || store.countPhotos(userId) == 0) return null
        if (isNamed && PICTURE_WORDS.containsAll(contentWords(question))) {
            return store.photos(userId).lastOrNull()?.let { RecalledPhoto(it, 0.0) } // null where it was forgotten meanwhile
        }
        val query = recall.asked(question, asker)
        val vector = recall.embed(query)
        return if (isNamed) search(query, vector, userId, 1).firstOrNull() else shownByTheBest(query, vector, userId, kind)
    }

    /** The photo of the turn or memory that fits best, where their texts do not tell what is asked. */
    private fun shownByTheBest(
        query: String,
        vector: FloatArray,
        userId: String,
        kind: String,
    ): RecalledPhoto? {
        val (best, photo) =
            store.reading {
                val turns =
                    recall.recallTurns(query, vector, userId, 1).map { (turn, score) ->
                        Hit(score, turn.text, store.photosWith(userId, listOf(turn.id))[turn.id].orEmpty())
                    }
                val memories =
                    recall.recall(query, vector, userId, 1).map { (memory, score) ->
                        Hit(score, memory.text, store.photosBehind(userId, listOf(memory.id))[memory.id].orEmpty())
                    }
                val best = (turns + memories).maxWithOrNull(compareBy({ it.score }, { it.photos.size }))
                best to best?.photos?.firstOrNull()?.let { store.photo(userId, it) }
            }
        if (best == null || photo == null) return null
        val told = listOf(best.text) + photo.turns.map { it.text }
        return if (told.any { tellsWhatIsSeen(it, kind) }) null else RecalledPhoto(photo, best.score)
    }

    /** What the expert sees in the photo; null where it cannot read the question or gives nothing usable. */
    fun look(
        found: RecalledPhoto,
        question: String,
        cancellation: Cancellation?,
    ): Answer? {
        val given = VqaInput(found.photo.name, question)
        if (!generator.fits(VQA, given)) return null
        val seen =
            try {
                generator.run(VQA, given, cancellation).value
            } catch (_: UnparsableException) {
                return null
            }
        val turns = found.photo.turns.map { RecalledTurn(it, found.score) }
        return Answer(seen.answer, emptyList(), turns, turns, null, found, seen.reason)
    }
}

/** Each photo of a hit has at least [share] of its score. */
private fun raise(
    scores: MutableMap<Long, Double>,
    hits: Map<Long, Double>,
    photos: Map<Long, List<Long>>,
    share: Double = 1.0,
) {
    for ((row, shown) in photos) {
        for (photo in shown) scores[photo] = maxOf(scores[photo] ?: 0.0, share * hits.getValue(row))
    }
}
