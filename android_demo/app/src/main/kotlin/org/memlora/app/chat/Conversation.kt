package org.memlora.app.chat

import org.memlora.app.assistant.Answer
import org.memlora.app.assistant.Assistant
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.Outcome
import org.memlora.app.assistant.sentence
import org.memlora.app.work.Live
import org.memlora.app.work.Worker
import org.memlora.progress.Cancellation
import java.time.LocalDate
import java.util.concurrent.CancellationException

/** The chat: what is written is remembered, answered or both, and every line of it is kept. */
class Conversation(private val chats: Chats, private val host: Host, private val worker: Worker, private val today: () -> LocalDate) {
    val lines: Live<List<Line>>

    /** Whether an answer or a memory is being made. */
    val isBusy: Live<Boolean> = Live(false)

    private var running: Cancellation? = null

    init {
        chats.interrupt()
        lines = Live(chats.lines())
    }

    /** Takes a line that the user wrote. */
    fun submit(text: String) {
        if (text.isNotBlank() && !isBusy.value) work(chats.add(LineKind.SAID, text.trim(), today()), text.trim(), today())
    }

    /** Does again what failed or was interrupted; the day stays the one on which it was said. */
    fun retry(line: Line.Said) {
        if (isBusy.value) return
        chats.set(line.id, Progress.Working)
        work(line.id, line.text, line.day)
    }

    /** Ends the writing at the next word. */
    fun stop() {
        running?.cancel()
    }

    /** Other words for a memory that an answer was read from. */
    fun correct(memory: Long, text: String, done: (String?) -> Unit) {
        host.use("changing a memory", { assistant, _ -> assistant.change(memory, text) }) { done(it.sentence()) }
    }

    /** Forgets a memory here and in the chat. */
    fun forget(memory: Long, done: (String?) -> Unit) {
        host.use("forgetting", { assistant, _ -> assistant.forget(memory) }) { result ->
            result.onSuccess { hide(it) }
            done(result.sentence())
        }
    }

    /** Memories were forgotten: their words leave the chat. */
    fun hide(memories: Set<Long>) {
        chats.erase(memories)
        reload()
    }

    /** Everything was forgotten. */
    fun clear() {
        chats.eraseAll()
        reload()
    }

    private fun work(line: Long, text: String, day: LocalDate) {
        isBusy.value = true
        reload()
        running = host.use("a line of the chat", { assistant, cancellation -> take(assistant, cancellation, line, text, day) }) { result ->
            chats.set(line, ended(result))
            running = null
            isBusy.value = false
            reload()
        }
    }

    // on the worker's thread
    private fun take(assistant: Assistant, cancellation: Cancellation, line: Long, text: String, day: LocalDate) {
        val spoken = assistant.read(text)
        if (spoken.said.isNotEmpty()) {
            val outcome = assistant.remember(spoken.said, day, "line $line", cancellation)
            worker.tell { note(line, outcome) }
        }
        if (spoken.asked.isNotEmpty()) answer(assistant, cancellation, spoken.asked)
        if (spoken.toForget.isNotEmpty()) {
            val found = assistant.search(spoken.toForget, includePast = false).take(CHOICES)
            worker.tell { write(LineKind.CHOICE, "", found.map { Note(NoteKind.SOURCE, it.id, it.text, day = it.day) }) }
        }
    }

    private fun answer(assistant: Assistant, cancellation: Cancellation, question: String) {
        val written = Written()
        worker.tell { written.line = chats.add(LineKind.ANSWERED, "", today()).also { reload() } }
        var told = ""
        val result = runCatching {
            assistant.ask(question, today(), cancellation) { text ->
                told = text
                worker.tell { show(written.line, text) }
            }
        }
        val isStopped = told.isNotEmpty() && result.exceptionOrNull() is CancellationException
        worker.tell { finish(written.line, result.getOrNull(), told.takeIf { isStopped }) }
        if (!isStopped) result.getOrThrow()
    }

    private class Written(var line: Long = 0)

    // what was said is told how it failed; an answer that is stopped keeps what was written of it
    private fun finish(line: Long, answer: Answer?, stopped: String?) {
        when {
            answer != null -> {
                chats.set(line, Progress.Done, answer.text)
                chats.setNotes(line, answer.sources.map { Note(NoteKind.SOURCE, it.memory, it.text, day = it.day) })
            }
            stopped != null -> chats.set(line, Progress.Stopped, stopped)
            else -> chats.remove(line)
        }
        reload()
    }

    private fun ended(result: Result<Unit>): Progress {
        if (result.exceptionOrNull() is CancellationException) return Progress.Stopped
        return result.sentence()?.let { Progress.Failed(it) } ?: Progress.Done
    }

    // what is tried again may have been stored the first time: its notes stay
    private fun note(line: Long, outcome: Outcome) {
        val hasNotes = lines.value.any { it is Line.Said && it.id == line && it.notes.isNotEmpty() }
        if (outcome != Outcome.Nothing || !hasNotes) chats.setNotes(line, notes(outcome))
        reload()
    }

    private fun write(kind: LineKind, text: String, notes: List<Note>) {
        val line = chats.add(kind, text, today())
        chats.setNotes(line, notes)
        chats.set(line, Progress.Done)
        reload()
    }

    // while an answer grows only the screen has it
    private fun show(line: Long, text: String) {
        lines.value = lines.value.map { if (it.id == line && it is Line.Answered) it.copy(text = text) else it }
    }

    private fun reload() {
        lines.value = chats.lines()
    }

    private companion object {
        const val CHOICES = 5

        fun notes(outcome: Outcome): List<Note> = when (outcome) {
            is Outcome.Stored -> outcome.changes.map { Note(NoteKind.valueOf(it.kind.name), it.memory, it.text, it.previous) }
            Outcome.Nothing -> listOf(Note(NoteKind.NOTHING, null, ""))
            is Outcome.WordsOnly -> listOf(Note(NoteKind.WORDS_ONLY, null, outcome.reason))
        }
    }
}
