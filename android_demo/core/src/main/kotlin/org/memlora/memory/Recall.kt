package org.memlora.memory

import org.memlora.memory.rules.asksOfThePast
import org.memlora.memory.rules.named
import org.memlora.memory.rules.toldOf
import org.memlora.memory.rules.toldOfSelf
import org.memlora.memory.rules.withoutNames
import org.memlora.operations.Message
import org.memlora.operations.speakerOf
import org.memlora.retrieval.CANDIDATES
import org.memlora.retrieval.Retrieval
import org.memlora.store.Embedder
import org.memlora.store.Kind
import org.memlora.store.Store
import org.memlora.text.stripBlanks

private const val DEEPER = 8
private const val FURTHER = 0.1 // is the best turn of others from the best one of those asked about, where it is theirs
private val ME = speakerOf(Message("user", "", ""))

/** Finds memories and turns in one store, and decides what a question reads. */
internal class Recall(
    private val embedder: Embedder,
    private val store: Store,
    private val retrieval: Retrieval,
    private val reads: Reads,
) {
    /** The query of a [question]: with the name of who asks, where he has one. */
    fun asked(
        question: String,
        asker: String,
    ): String = if (asker.isNotEmpty() && asker != ME) "$asker: $question" else question

    /** What [question] reads: the [limit] best of all. */
    fun readFor(
        question: String,
        userId: String,
        asker: String,
        limit: Int,
    ): Reading {
        val depth = maxOf(limit, CANDIDATES)
        if (reads == Reads.MEMORIES) {
            val speakers = store.speakers(userId)
            val memories = recall(question, embed(question), userId, depth)
            return Reading(memories.filter { mayAnswer(it.memory.text, question, speakers) }.take(limit))
        }
        val query = asked(question, asker)
        val vector = embed(query)
        return store.reading {
            val turns = recallTurns(query, vector, userId, depth)
            val facts = if (reads == Reads.BOTH) recall(query, vector, userId, depth) else emptyList()
            val known = facts.map { it.memory.id }
            var reading = join(turns, facts, store.turnsBehind(userId, known), store.wordsBefore(userId, known))
            if (reads == Reads.BOTH && !asksOfThePast(question)) {
                val taken = store.takenFrom(userId, reading.turns.map { it.turn.id })
                val told = taken.values.flatMapTo(sortedSetOf()) { memories -> memories.map { it.id } }
                reading = reading.withoutEnded(taken, store.wordsBefore(userId, told))
            }
            reading.first(limit)
        }
    }

    /**
     * Whether what [question] asks of a speaker was told by another one, of himself.
     *
     * Names aside, the best turn in which others tell of themselves fits by [FURTHER] more than the best one that may tell
     * of those it names (`toldOf`). A question that names no speaker, or all, is of nobody else.
     */
    fun isOfOthers(
        question: String,
        userId: String,
    ): Boolean {
        val speakers = store.speakers(userId)
        val asked = named(question, speakers)
        val bare = withoutNames(question, speakers)
        if (reads == Reads.MEMORIES || asked.isEmpty() || bare.isEmpty() || speakers.all { it.isEmpty() || it in asked }) return false
        val found = recallTurns(bare, embed(bare), userId, CANDIDATES)
        val theirs = found.find { (turn) -> toldOf(turn.text, turn.speaker, question, "", speakers).isNotEmpty() }
        val others = found.find { (turn) -> toldOfSelf(turn.text, turn.speaker, question, speakers).isNotEmpty() }
        return (others?.score ?: 0.0) - (theirs?.score ?: 0.0) > FURTHER
    }

    /** As `Memory.search`, for a [query] in normal form C and its [vector]. */
    fun recall(
        query: String,
        vector: FloatArray,
        userId: String,
        limit: Int,
        threshold: Double = 0.0,
        includePast: Boolean = false,
        filters: Filters = Filters.NONE,
    ): List<Recalled> {
        val kinds = if (includePast) listOf(Kind.MEMORY, Kind.PAST) else listOf(Kind.MEMORY)
        return store.reading {
            var found = emptyList<Recalled>()
            var depth = limit
            var isAll = false
            while (found.size < limit && !isAll) { // one round where nothing is filtered
                val ranked = kinds.map { retrieval.search(userId, query, vector, depth, it) }
                isAll = filters.isEmpty || ranked.all { it.size < depth }
                val hits = ranked.flatten().sortedWith(compareBy({ -it.score }, { it.id })).take(depth)
                val scores = hits.filter { it.score >= threshold }.associate { it.id to it.score }
                isAll = isAll || scores.size < hits.size
                val memories = store.memoriesById(userId, scores.keys.toList(), includePast)
                found = memories.filter(filters::takes).map { Recalled(it, scores.getValue(it.id)) }
                depth = if (depth > Int.MAX_VALUE / DEEPER) Int.MAX_VALUE else depth * DEEPER
            }
            found.take(limit)
        }
    }

    /** The raw turns that fit [query] best, best first. */
    fun recallTurns(
        query: String,
        vector: FloatArray,
        userId: String,
        limit: Int,
    ): List<RecalledTurn> =
        store.reading {
            val scores = retrieval.search(userId, query, vector, limit, Kind.TURN).associate { it.id to it.score }
            store.turnsById(userId, scores.keys.toList()).map { RecalledTurn(it, scores.getValue(it.id)) }
        }

    /** A text's vector `[D]`. */
    fun embed(text: String): FloatArray = embedder.embed(listOf(text)).single()
}
