package org.memlora.memory

import org.memlora.errors.MemloraException
import org.memlora.errors.StoreException
import org.memlora.memory.photos.Sight
import org.memlora.memory.rules.decideChanges
import org.memlora.memory.rules.partsSaid
import org.memlora.operations.Generator
import org.memlora.operations.MemoryEvent
import org.memlora.operations.Message
import org.memlora.operations.SELECT
import org.memlora.operations.TURNS_BEFORE
import org.memlora.operations.UPDATE
import org.memlora.operations.UnparsableException
import org.memlora.operations.UpdateInput
import org.memlora.parts.Embeddings
import org.memlora.progress.Cancellation
import org.memlora.progress.Progress
import org.memlora.progress.Steps
import org.memlora.retrieval.Retrieval
import org.memlora.store.Embedder
import org.memlora.store.State
import org.memlora.store.Store
import org.memlora.store.StoredMemory
import org.memlora.store.forms.Said
import org.memlora.store.searchable
import org.memlora.text.splitAtBlanks
import org.memlora.text.stripBlanks

private const val NEAR_PER_FACT = 5
private const val FACTS_PER_PART = 16 // each is compared with what is near any of them
private const val COMPARED = "groups of facts compared"
internal const val ALREADY_STORED: String = "this exchange was stored before"
private const val NO_FACTS = "no facts in it"

/** Facts that update can read at once, and the memories near them, oldest first. */
private class Part(
    val near: List<StoredMemory>,
    val facts: List<String>,
)

/** update's events for a part. */
private class Step(
    val events: List<MemoryEvent>,
    val part: Part,
    val isCut: Boolean = false,
)

private class Plan(
    val known: List<String>,
    val steps: List<Step>,
    val vectors: Map<String, FloatArray>,
    val turnVectors: List<FloatArray>,
    val refused: List<String>,
    val seen: Map<String, Embeddings>,
)

/** Runs exchanges through the experts into the store. The model runs before the write lock is taken. */
internal class Pipeline(
    private val generator: Generator,
    private val embedder: Embedder,
    private val store: Store,
    private val retrieval: Retrieval,
    private val sight: Sight? = null,
) {
    private val updates = UPDATE.name in generator.operations

    /** Whether adding it again changes nothing: words that a model found empty can still be kept as they are. */
    fun isStored(exchange: Exchange): Boolean {
        val state = store.exchangeState(exchange.userId, exchange.key)
        return state == State.STORED || (state == State.EMPTY && !exchange.isVerbatim)
    }

    /**
     * Turns, photos, facts, vectors, history, provenance in one transaction; without facts when the model fails.
     *
     * [progress] is told how far what needs several calls of the model is. Throws [StoreException] when the store cannot
     * be written, `CancellationException` once [cancellation] is asked, after the turns are kept.
     */
    fun remember(
        exchange: Exchange,
        cancellation: Cancellation?,
        progress: Progress,
    ): Outcome =
        try {
            write(exchange, plan(exchange, cancellation, progress))
        } catch (e: StoreException) {
            throw e
        } catch (e: UnparsableException) {
            failed(exchange, e)
        } catch (e: MemloraException) {
            failed(exchange, e)
        } catch (e: Throwable) {
            keepTurns(exchange, "interrupted")
            throw e
        }

    private fun failed(
        exchange: Exchange,
        error: Exception,
    ): Failed {
        val reason = splitAtBlanks(error.message.orEmpty()).joinToString(" ")
        return Failed(reason, keepTurns(exchange, reason))
    }

    private fun plan(
        exchange: Exchange,
        cancellation: Cancellation?,
        progress: Progress,
    ): Plan {
        val spoken = exchange.messages.filter { stripBlanks(it.text).isNotEmpty() }
        val found = if (spoken.isEmpty()) Guarded(emptyList(), emptyList()) else findFacts(exchange, spoken, cancellation, progress)
        val (known, facts) = found.facts.partition { store.findMemory(exchange.userId, it) != null }
        val vectors = HashMap(embed(facts))
        val steps =
            when {
                !exchange.isVerbatim -> decideAll(parts(exchange.userId, facts, vectors), cancellation, progress)
                facts.isEmpty() -> emptyList()
                else -> listOf(Step(facts.map { MemoryEvent("", it, "ADD") }, Part(emptyList(), facts)))
            }
        val texts = steps.flatMap { step -> step.events.map { stripBlanks(it.text) } }
        vectors += embed(texts.filter { it.isNotEmpty() && it !in vectors })
        val turnVectors = embedder.embed(exchange.messages.map { searchable(it.speaker, it.text) })
        val seen = sight?.encodeNew(exchange.photos, cancellation).orEmpty()
        return Plan(known, steps, vectors, turnVectors, found.refused, seen)
    }

    /** By selecting where the bundle has an expert for it, else by rewriting, which is held to what was said. */
    private fun findFacts(
        exchange: Exchange,
        spoken: List<Message>,
        cancellation: Cancellation?,
        progress: Progress,
    ): Guarded {
        if (exchange.isVerbatim) return Guarded(spoken.map { stripBlanks(it.text) }.distinct(), emptyList())
        if (SELECT.name !in generator.operations) {
            return extractFacts(generator, spoken, exchange.day, cancellation, progress)
        }
        val turns = store.lastTurns(exchange.userId, exchange.sessionName, TURNS_BEFORE)
        val before = turns.map { Message(it.role, it.speaker, it.text) }
        return Guarded(selectFacts(generator, spoken, exchange.day, before, cancellation, progress), emptyList())
    }

    /** The facts in parts that update can read, each with its nearest memories; far ones give way first. */
    private fun parts(
        userId: String,
        facts: List<String>,
        vectors: Map<String, FloatArray>,
    ): List<Part> {
        val parts = ArrayList<Part>()
        for (fact in facts) {
            val vector = vectors.getValue(fact)
            var near = near(userId, vector, NEAR_PER_FACT)
            val last = parts.lastOrNull()
            if (last != null && last.facts.size < FACTS_PER_PART) {
                val union = (last.near + near).associateBy { it.id }.values.sortedBy { it.id }
                val joined = Part(union, last.facts + fact)
                if (fits(joined)) {
                    parts[parts.lastIndex] = joined
                    continue
                }
            }
            var count = NEAR_PER_FACT
            while (near.isNotEmpty() && !fits(Part(near, listOf(fact)))) near = near(userId, vector, --count)
            parts += Part(near, listOf(fact))
        }
        return parts
    }

    /** The [count] nearest memories, oldest first. */
    private fun near(
        userId: String,
        vector: FloatArray,
        count: Int,
    ): List<StoredMemory> = store.memoriesById(userId, retrieval.near(userId, vector, count).map { it.id }.sorted())

    private fun decideAll(
        parts: List<Part>,
        cancellation: Cancellation?,
        progress: Progress,
    ): List<Step> {
        val told = Steps(if (parts.size > 1) progress else Progress.SILENT, COMPARED, parts.size)
        return parts.map { part -> decide(part, cancellation).also { told.advance() } }
    }

    /**
     * Without memories every fact is an ADD, which needs no model; so it is when the answer cannot be parsed.
     *
     * The last event of an answer that was ended by its limit is dropped: it may be torn.
     */
    private fun decide(
        part: Part,
        cancellation: Cancellation?,
    ): Step {
        val given = UpdateInput(part.near.map { it.text }, part.facts)
        if (!updates) return Step(decideChanges(given.memories, given.facts), part)
        if (part.near.isEmpty() || !fits(part)) return Step(UPDATE.fallback(given), part)
        val generated =
            try {
                generator.run(UPDATE, given, cancellation)
            } catch (_: UnparsableException) {
                return Step(UPDATE.fallback(given), part)
            }
        return Step(if (generated.isCut) generated.value.dropLast(1) else generated.value, part, generated.isCut)
    }

    /** Rules read any length. */
    private fun fits(part: Part): Boolean =
        !updates || generator.fits(UPDATE, UpdateInput(part.near.map { it.text }, part.facts))

    private fun embed(texts: List<String>): Map<String, FloatArray> {
        val distinct = texts.distinct()
        return if (distinct.isEmpty()) emptyMap() else distinct.zip(embedder.embed(distinct)).toMap()
    }

    private fun write(
        exchange: Exchange,
        plan: Plan,
    ): Outcome =
        store.writing {
            if (isStored(exchange)) return@writing Empty(ALREADY_STORED) // another connection was first
            val state = if (plan.known.isNotEmpty() || plan.steps.isNotEmpty()) State.STORED else State.EMPTY
            val (turns, photos) = putTurns(exchange, state, null, plan.turnVectors)
            sight?.keep(plan.seen)
            val said = partsSaid(exchange.messages, exchange.isImported)
            val brought = Brought(exchange.userId, exchange.day, plan.vectors, turns, said, exchange.labels)
            val events = plan.known.mapTo(ArrayList()) { Applied(null, it, "NONE") }
            for (fact in plan.known) store.sayAgain(exchange.userId, fact, listOf(fact), said)
            var changes = 0
            for (step in plan.steps) {
                val applied = Applier(store, brought, step.part.near, step.part.facts, step.isCut, changes).applyAll(step.events)
                changes += applied.count { it.event == "UPDATE" || it.event == "DELETE" }
                events += applied
            }
            if (state == State.STORED) Stored(events, plan.refused, photos) else Empty(NO_FACTS, photos)
        }

    /** The ids of its photos. */
    private fun keepTurns(
        exchange: Exchange,
        reason: String,
    ): List<Long> =
        store.writing {
            val state = store.exchangeState(exchange.userId, exchange.key)
            if (state == State.STORED || state == State.EMPTY) emptyList() else putTurns(exchange, State.FAILED, reason, null).second
        }

    /** The ids of the turns and of the photos. */
    private fun putTurns(
        exchange: Exchange,
        state: State,
        reason: String?,
        vectors: List<FloatArray>?,
    ): Pair<List<Long>, List<Long>> {
        val messages = exchange.messages.map { Said(it.role, it.speaker, it.text) }
        val user = exchange.userId
        val turns = store.putExchange(user, exchange.key, exchange.sessionName, exchange.day, messages, state, reason, vectors)
        return turns to if (exchange.photos.isEmpty()) emptyList() else store.putPhotos(user, turns, exchange.photos)
    }
}
