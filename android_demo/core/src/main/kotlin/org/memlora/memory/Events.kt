package org.memlora.memory

import org.memlora.memory.rules.Relation
import org.memlora.memory.rules.compare
import org.memlora.memory.rules.contentWords
import org.memlora.memory.rules.factSource
import org.memlora.memory.rules.isGrown
import org.memlora.memory.rules.mayChange
import org.memlora.memory.rules.raisedSource
import org.memlora.memory.rules.remaining
import org.memlora.operations.MemoryEvent
import org.memlora.store.Source
import org.memlora.store.Store
import org.memlora.store.StoredMemory
import org.memlora.store.forms.small
import org.memlora.text.PatternFlag
import org.memlora.text.pattern
import org.memlora.text.stripBlanks
import java.time.LocalDate

/** The most memories that one exchange changes or ends. */
public const val MOST_CHANGES: Int = 5

private val RETRACTION =
    pattern(
        "\\b(no longer|any ?more|stopped|quit|gave up|given up|finished|left|will not)\\b",
        PatternFlag.IGNORECASE,
        PatternFlag.ASCII,
    )
private val WORD = pattern("\\w+")

private fun smallWords(text: String): Set<String> = WORD.findAll(small(text)).mapTo(HashSet()) { it.value }

/**
 * Applies update's events to the store, by rules that no output of a model can turn into a loss.
 *
 * 1. An id that names no near memory, and a blank text, are skipped.
 * 2. An ADD or UPDATE whose text is stored already, and an UPDATE to the same text, are NONE.
 * 3. An UPDATE of a memory that another connection deleted meanwhile is an ADD; one of a memory that was superseded
 *    meanwhile is of what holds instead.
 * 4. When a memory was deleted, or an event was skipped, changed nothing or was cut, every new fact that no event carries
 *    is added. A fact that only takes something back ("no longer") is spent by the DELETE.
 * 5. A memory is changed or ended only by a statement of the same relation of the same subject, by whom it may be, and at
 *    most [MOST_CHANGES] by one exchange.
 * 6. What was said earlier than the memory that it would change becomes a past memory.
 * 7. A memory that an UPDATE changes becomes a past one, and what holds now a memory of its own; one whose words all stand
 *    in the new text too holds on, so that its text is rewritten where it is.
 * 8. A memory of several sentences, of which a fact ends or replaces some, becomes a past one; the others are a memory of
 *    their own, of the same turns and the same day. No other event ends what is not replaced.
 * 9. A memory that the user says with more words, or again, is his word from then on.
 *
 * Runs inside the caller's transaction. [changes] counts what earlier events of the exchange changed already.
 */
internal class Applier(
    private val store: Store,
    private val brought: Brought,
    near: List<StoredMemory>,
    private val facts: List<String>,
    isCut: Boolean,
    private var changes: Int,
) {
    private val userId = brought.userId
    private val day = brought.day
    private val near = near.toMutableList()
    private val applied = ArrayList<Applied>()
    private val outdated = HashMap<String, StoredMemory>() // facts that were said before the memory that they would end
    private var doubt = isCut

    fun applyAll(events: List<MemoryEvent>): List<Applied> {
        events.forEach(::apply)
        if (doubt) for (fact in facts) if (!carries(fact)) add(fact)
        return applied
    }

    private fun apply(event: MemoryEvent) {
        val text = stripBlanks(event.text)
        val target = target(event)
        when {
            event.event == "ADD" && text.isNotEmpty() -> add(text)
            event.event == "UPDATE" && target != null && text.isNotEmpty() -> {
                val fact = cutting(target, text)
                if (fact != null) cut(target, text, fact) else update(target, text)
            }
            event.event == "DELETE" && target != null -> delete(target)
            event.event == "NONE" -> none(text, target)
            else -> doubt = true
        }
    }

    private fun add(text: String) {
        val before = outdated[text]
        when {
            store.findMemory(userId, text) != null -> none(text)
            before != null -> addPast(before, text)
            else -> applied += Applied(put(text), text, "ADD")
        }
    }

    private fun update(
        target: StoredMemory,
        text: String,
    ) {
        val live = successor(target)
        val same = store.findMemory(userId, text)
        when {
            live == null -> add(text)
            same == null && !mayBecome(live, text) -> {
                doubt = true
                if (isSaid(text)) add(text)
            }
            same == null && isOlder(live) -> addPast(live, text)
            same == null -> change(live, text)
            same.id != live.id && mayBecome(live, text) -> { // said already: the outdated one goes
                end(live, same.id)
                sayAgain(text)
            }
            else -> {
                doubt = true
                none(text)
            }
        }
    }

    /** The fact that leaves of [target] just the sentences [text]. */
    private fun cutting(
        target: StoredMemory,
        text: String,
    ): String? = facts.firstOrNull { remaining(target.text, it) == text }

    /**
     * Of the sentences of [target] only [text] holds on, as [fact] says; those words, their day and turns stay.
     *
     * What follows about [target] is about what holds on. The fact itself is for another event to add.
     */
    private fun cut(
        target: StoredMemory,
        text: String,
        fact: String,
    ) {
        doubt = true
        val live = store.memory(userId, target.id)
        if (live == null || live.text != target.text || !isAllowed(live, fact)) return
        if (isOlder(live)) {
            outdated[fact] = live
            return
        }
        changes++
        val now = store.findMemory(userId, text)?.id ?: putRest(text, live)
        store.supersede(userId, live.id, now, day, brought.turns)
        applied += Applied(now, text, "UPDATE", live.text)
        near[near.indexOf(target)] = store.memoriesById(userId, listOf(now)).first()
    }

    /** [text] is what [live] says from this day on, or says with more words. */
    private fun change(
        live: StoredMemory,
        text: String,
    ) {
        changes++
        var now = live.id
        if (isGrown(live.text, text) && compare(live.text, text) != Relation.RETRACTS) {
            val raised = raisedSource(live.source, source(text))
            store.updateMemory(userId, live.id, text, day, brought.vectors.getValue(text), brought.turns, raised)
        } else {
            now = put(text)
            store.supersede(userId, live.id, now, day, brought.turns)
        }
        applied += Applied(now, text, "UPDATE", live.text)
    }

    private fun delete(target: StoredMemory) {
        doubt = true
        val live = store.memory(userId, target.id)
        if (live == null || live.text != target.text) return // gone, or another connection changed what it says
        val ending = facts.filter { mayBecome(live, it) }
        if (ending.isEmpty()) return
        if (isOlder(live)) ending.forEach { outdated[it] = live } else end(live, null)
    }

    /** [live] becomes a past memory, unless what was said is older than it. */
    private fun end(
        live: StoredMemory,
        by: Long?,
    ) {
        if (isOlder(live)) {
            doubt = true
            return
        }
        changes++
        store.supersede(userId, live.id, by, day, brought.turns)
        applied += Applied(live.id, live.text, "DELETE", live.text)
    }

    /** The live memory that [target] is or was superseded by, over any number of steps; null where nothing is. */
    private fun successor(target: StoredMemory): StoredMemory? {
        var found = store.memory(userId, target.id, includePast = true)
        while (found != null && found.isPast) {
            val by = found.supersededBy ?: return null
            found = store.memory(userId, by, includePast = true)
        }
        return found
    }

    private fun source(text: String): Source = factSource(text, brought.said)

    /** Whether a fact of the exchange holds every content word of [text]. */
    private fun isSaid(text: String): Boolean = facts.any { contentWords(it).containsAll(contentWords(text)) }

    /** Whether [text] tells the relation of [live] anew, or with more words, and comes from one who may say so. */
    private fun mayBecome(
        live: StoredMemory,
        text: String,
    ): Boolean {
        val isRelated =
            isGrown(live.text, text) || compare(live.text, text) != Relation.OTHER || remaining(live.text, text) == ""
        return isRelated && isAllowed(live, text)
    }

    private fun isAllowed(
        live: StoredMemory,
        text: String,
    ): Boolean = changes < MOST_CHANGES && mayChange(source(text), live.source)

    private fun isOlder(live: StoredMemory): Boolean {
        val begins = live.validFrom
        return day != null && begins != null && day < begins
    }

    /** [text] held until [live] did. */
    private fun addPast(
        live: StoredMemory,
        text: String,
    ) {
        val past = put(text)
        store.supersede(userId, past, live.id, live.validFrom, brought.turns)
        applied += Applied(past, text, "NONE")
    }

    /** A new memory of the exchange; its id. */
    private fun put(text: String): Long =
        store.addMemory(
            userId,
            text,
            day,
            brought.vectors.getValue(text),
            brought.turns,
            source(text),
            labels = brought.labels,
        )

    /**
     * A new memory of a part of what [live] says, with its day, turns, source and labels; its id.
     *
     * The exchange that cut it is not behind it, so that forgetting what that one said leaves no word of it.
     */
    private fun putRest(
        text: String,
        live: StoredMemory,
    ): Long {
        val turns = store.provenance(userId, live.id).map { it.id }
        val begins = day ?: live.validFrom
        val ends = live.validTo?.takeIf { begins != null && it >= begins }
        val vector = brought.vectors.getValue(text)
        return store.addMemory(userId, text, live.day, vector, turns, live.source, begins, ends, live.labels)
    }

    private fun none(
        text: String,
        target: StoredMemory? = null,
    ) {
        sayAgain(target?.text ?: text)
        applied += Applied(null, text, "NONE")
    }

    private fun sayAgain(text: String) = store.sayAgain(userId, text, facts, brought.said)

    /** Whether what was applied holds every word of [fact], or a DELETE spent it. */
    private fun carries(fact: String): Boolean {
        val words = smallWords(fact)
        if (RETRACTION.containsMatchIn(fact) && applied.any { it.event == "DELETE" }) return true
        return applied.any { it.event != "DELETE" && smallWords(it.memory).containsAll(words) }
    }

    private fun target(event: MemoryEvent): StoredMemory? {
        val isNumber = event.id.isNotEmpty() && event.id.all { it in '0'..'9' }
        return if (isNumber) event.id.toIntOrNull()?.let(near::getOrNull) else null
    }
}
