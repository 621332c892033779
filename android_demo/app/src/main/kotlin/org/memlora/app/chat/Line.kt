package org.memlora.app.chat

import org.memlora.app.assistant.Outcome
import java.time.LocalDate

/** One line of the chat as it is kept; ids are never used again. */
sealed interface Line {
    val id: Long
    val text: String

    /** What the user wrote; [notes] say what became of it. */
    data class Said(
        override val id: Long,
        override val text: String,
        val day: LocalDate,
        val progress: Progress,
        val notes: List<Note>,
        val chat: Long,
    ) : Line

    /**
     * A chat of elsewhere, called [text], of which [read] of [total] messages are done; [notes] are the memories found.
     *
     * [wordsOnly] of those that were read gave the model nothing usable.
     */
    data class Imported(
        override val id: Long,
        override val text: String,
        val progress: Progress,
        val notes: List<Note>,
        val chat: Long,
        val read: Int,
        val total: Int,
        val wordsOnly: Int,
    ) : Line

    /** What was answered, from [notes]; with [isChoice] it is a question which of them to forget. */
    data class Answered(
        override val id: Long,
        override val text: String,
        val progress: Progress,
        val notes: List<Note>,
        val isChoice: Boolean,
    ) : Line
}

/** How far the work on a line is. */
sealed interface Progress {
    data object Working : Progress

    data object Done : Progress

    data object Stopped : Progress

    /** Said and kept; it is remembered as soon as that can be done. */
    data object Waiting : Progress

    /** What was told is remembered; the process died before the answer, which nobody waits for any more. */
    data object Interrupted : Progress

    /** Its words were forgotten. */
    data object Erased : Progress

    data class Failed(val sentence: String) : Progress
}

/** What stands under a line: what became of what was said, or what an answer was read from. */
data class Note(val kind: NoteKind, val memory: Long?, val text: String, val previous: String? = null, val day: LocalDate? = null)

enum class NoteKind {
    REMEMBERED,
    CHANGED,
    FORGOTTEN,
    KNOWN,

    /** There was nothing to remember. */
    NOTHING,

    /** The model gave nothing usable, the words themselves are kept; the text says why. */
    WORDS_ONLY,

    /** What an answer was read from. */
    SOURCE,
}

/** What stands under a line of which [outcome] came. */
internal fun notes(outcome: Outcome): List<Note> = when (outcome) {
    is Outcome.Stored -> outcome.changes.map { Note(NoteKind.valueOf(it.kind.name), it.memory, it.text, it.previous) }
    Outcome.Nothing -> listOf(Note(NoteKind.NOTHING, null, ""))
    is Outcome.WordsOnly -> listOf(Note(NoteKind.WORDS_ONLY, null, outcome.reason))
}
