package org.memlora.app.chat

import org.memlora.app.assistant.Answer
import org.memlora.app.assistant.Assistant
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.HostState
import org.memlora.app.assistant.Spoken
import org.memlora.app.assistant.sentence
import org.memlora.app.work.Live
import org.memlora.app.work.Task
import org.memlora.app.work.Worker
import org.memlora.progress.Cancellation
import java.time.LocalDate
import java.util.concurrent.CancellationException

/** What is written is remembered, answered or both; every line is kept before anything else is done with it. */
class Conversation(
    val record: Record,
    private val host: Host,
    private val worker: Worker,
    private val today: () -> LocalDate,
    private val beforeDeleting: (chat: Long) -> (() -> Unit), // what it gives is called after
    private val forgetChat: (session: String, withMemories: Boolean) -> Set<Long>,
) {
    /** The lines of the chat that is shown. */
    val lines: Live<List<Line>> get() = record.lines

    /** Whether an answer or a memory is being made. */
    val isBusy: Live<Boolean> = Live(false)

    /** Whether something that was told waits, and there may be a memory for it. */
    val canGoOn: Boolean get() = waiting() != null

    private var running: Cancellation? = null
    private var isPausing = false
    private val leaving = mutableListOf<Long?>() // chats that are being deleted; null: all are

    init {
        host.state.watch { if (it == HostState.Ready) goOn() }
    }

    /** Takes a line that the user wrote. */
    fun submit(text: String) {
        if (text.isBlank() || isBusy.value) return
        val line = record.add(record.shown, LineKind.SAID, text.trim())
        if (isLeaving(record.shown)) return record.set(line, Progress.Waiting) // goes on where the chat stays
        retry(record.lines.value.first { it.id == line } as Line.Said)
    }

    /** Does again what failed or was interrupted; the day stays the one on which it was said. */
    fun retry(line: Line.Said) {
        if (isBusy.value || isLeaving(line.chat)) return
        begin(line) { assistant, cancellation ->
            val spoken = remember(assistant, cancellation, line)
            if (spoken.asked.isNotEmpty()) answer(assistant, cancellation, line.chat, spoken.asked)
            if (spoken.toForget.isNotEmpty()) choose(assistant, line.chat, spoken.toForget)
            Progress.Done
        }
    }

    /** Remembers what was told and waits; what was asked with it is not answered, for nobody waits for that any more. */
    fun goOn() {
        if (isBusy.value) return
        val line = waiting() ?: return
        begin(line) { assistant, cancellation ->
            val spoken = remember(assistant, cancellation, line)
            if (spoken.asked.isEmpty() && spoken.toForget.isEmpty()) Progress.Done else Progress.Interrupted
        }
    }

    /** Ends the writing at the next word. */
    fun stop() {
        running?.cancel()
    }

    /** The phone needs what the work takes: what was told goes on later. */
    fun pause() {
        isPausing = running != null
        stop()
    }

    /** Other words for a memory that an answer was read from. */
    fun correct(memory: Long, text: String, done: (String?) -> Unit) {
        host.use(Task.CHANGING, { assistant, _ -> assistant.change(memory, text) }) { done(it.sentence()) }
    }

    /** Forgets a memory here and in the chats. */
    fun forget(memory: Long, done: (String?) -> Unit) {
        host.use(Task.FORGETTING, { assistant, _ -> assistant.forget(setOf(memory)) }) { result ->
            result.onSuccess { record.erase(it) }
            done(result.sentence())
        }
    }

    /** Deletes [chat] after what is being done; its words are forgotten first, with [withMemories] what came of them too. */
    fun delete(chat: Long, withMemories: Boolean, done: (String?) -> Unit) {
        val afterwards = listOf(beforeDeleting(chat), drop(chat))
        val wasOpen = host.state.value == HostState.Ready
        host.rest()
        worker.run({ forgetChat(session(chat), withMemories) }) { result ->
            result.onSuccess { forgotten ->
                record.erase(forgotten)
                record.delete(chat)
            }
            afterwards.forEach { it() }
            done(result.sentence())
            if (wasOpen) host.wake()
        }
    }

    /** [chat] (null: every one) is about to be deleted: no line of it is begun before the result is called, deleted or not. */
    fun drop(chat: Long? = null): () -> Unit {
        leaving += chat
        return {
            leaving -= chat
            goOn()
        }
    }

    private fun isLeaving(chat: Long) = null in leaving || chat in leaving

    private fun waiting(): Line.Said? = if (host.isOpen && null !in leaving) record.waiting(leaving.filterNotNull()) else null

    private fun begin(line: Line.Said, work: (Assistant, Cancellation) -> Progress) {
        isBusy.value = true
        record.set(line.id, Progress.Working)
        running = host.use(Task.LINE, work) { result ->
            record.set(line.id, ended(result))
            running = null
            isBusy.value = false
            if (isPausing) isPausing = false else goOn()
        }
    }

    private fun ended(result: Result<Progress>): Progress {
        if (result.exceptionOrNull() is CancellationException) return if (isPausing) Progress.Waiting else Progress.Stopped
        val failure = result.sentence() ?: return result.getOrThrow()
        return if (host.isOpen) Progress.Failed(failure) else Progress.Waiting // the screen says why there is no memory
    }

    // on the worker's thread, as all that has the assistant

    private fun remember(assistant: Assistant, cancellation: Cancellation, line: Line.Said): Spoken {
        val spoken = assistant.read(line.text)
        if (spoken.said.isNotEmpty()) {
            val outcome = assistant.remember(spoken.said, line.day, session(line.chat), "line ${line.id}", cancellation)
            worker.tell { record.note(line.id, notes(outcome)) }
        }
        return spoken
    }

    private fun answer(assistant: Assistant, cancellation: Cancellation, chat: Long, question: String) {
        val written = Written()
        worker.tell { written.line = record.add(chat, LineKind.ANSWERED, "") }
        var told = ""
        val result = runCatching {
            assistant.ask(question, today(), cancellation) { text ->
                told = text
                worker.tell { record.show(written.line, text) }
            }
        }
        val isStopped = told.isNotEmpty() && result.exceptionOrNull() is CancellationException
        worker.tell { finish(written.line, result.getOrNull(), told.takeIf { isStopped }) }
        if (!isStopped) result.getOrThrow()
    }

    private class Written(var line: Long = 0)

    // what was said is told how it failed; an answer that is stopped keeps what was written of it
    private fun finish(line: Long, answer: Answer?, stopped: String?) = when {
        answer != null -> record.end(line, answer.sources.map { Note(NoteKind.SOURCE, it.memory, it.text, day = it.day) }, answer.text)
        stopped != null -> record.set(line, Progress.Stopped, stopped)
        else -> record.remove(line)
    }

    private fun choose(assistant: Assistant, chat: Long, words: String) {
        val found = assistant.search(words, includePast = false).take(CHOICES)
        val notes = found.map { Note(NoteKind.SOURCE, it.id, it.text, day = it.day) }
        worker.tell { record.end(record.add(chat, LineKind.CHOICE, ""), notes) }
    }

    private companion object {
        const val CHOICES = 5
    }
}
