package org.memlora.app.assistant

import org.memlora.progress.Cancellation
import java.time.LocalDate

/**
 * The memory as the screens meet it, of the one person whose phone this is.
 *
 * Every call may take seconds and is made from the worker's thread. What a user can mend is a `MemloraException`;
 * what was cancelled ends with a `CancellationException`.
 */
interface Assistant : AutoCloseable {
    /** What of a line is told, asked and to be forgotten; a line may be all three. */
    fun read(line: String): Spoken

    /** Remembers what was said on [day] in the chat [session]; [place] tells apart the same words said twice. */
    fun remember(said: String, day: LocalDate, session: String, place: String, cancellation: Cancellation): Outcome

    /** Remembers [turns] that were said elsewhere one after the other; as [remember], but nothing that was told here is changed by it. */
    fun take(turns: List<Turn>, session: String, place: String, cancellation: Cancellation): Outcome

    /** Answers; [onText] is given the answer as it grows. */
    fun ask(question: String, day: LocalDate, cancellation: Cancellation, onText: (String) -> Unit): Answer

    /** Every memory, newest first; past ones among them with [includePast]. */
    fun memories(includePast: Boolean): List<Memory>

    /** Those that fit [query] best, best first. */
    fun search(query: String, includePast: Boolean): List<Memory>

    /** A memory with all that is known of it; null where it is forgotten. */
    fun story(id: Long): Story?

    /** Other words for a memory. */
    fun change(id: Long, text: String)

    /** Forgets memories, those that are still there, with whatever came of the same words; the ids of all that is forgotten. */
    fun forget(ids: Set<Long>): Set<Long>

    /** Forgets everything. */
    fun eraseEverything()
}

/** A line in parts; each may be empty. */
data class Spoken(val said: String, val asked: String, val toForget: String)

/** What became of something that was said. */
sealed interface Outcome {
    data class Stored(val changes: List<Change>) : Outcome

    /** Nothing to remember. */
    data object Nothing : Outcome

    /** The model gave nothing usable; the words are kept as they were said. */
    data class WordsOnly(val reason: String) : Outcome
}

enum class ChangeKind { REMEMBERED, CHANGED, FORGOTTEN, KNOWN }

/** What happened to one memory; [previous] is what it said before it was changed. */
data class Change(val kind: ChangeKind, val memory: Long?, val text: String, val previous: String?)

/** An answer and the memories and words that it was read from, best first. */
data class Answer(val text: String, val sources: List<Source>)

/** Something an answer was read from; [memory] is what a correction changes, null where only words are kept. */
data class Source(val memory: Long?, val text: String, val day: LocalDate?)

/** A memory; [person] is who said it, empty for the phone's owner. */
data class Memory(val id: Long, val text: String, val day: LocalDate?, val person: String, val isPast: Boolean)

/** What lies behind a memory: its changes, oldest first, what it replaced, and the turns it came from. */
data class Story(val memory: Memory, val changes: List<Revision>, val replaced: List<String>, val turns: List<Turn>)

/** One change of a memory: what it said before and after, null for nothing; [at] is a moment in ISO 8601. */
data class Revision(val event: String, val before: String?, val after: String?, val at: String)

/** A raw turn as it was said; [speaker] is empty for the phone's owner. */
data class Turn(val speaker: String, val text: String, val day: LocalDate?)
