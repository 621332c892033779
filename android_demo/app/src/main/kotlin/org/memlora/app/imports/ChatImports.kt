package org.memlora.app.imports

import org.memlora.app.assistant.Assistant
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.HostState
import org.memlora.app.assistant.Outcome
import org.memlora.app.assistant.sentence
import org.memlora.app.chat.LineKind
import org.memlora.app.chat.NoteKind
import org.memlora.app.chat.Progress
import org.memlora.app.chat.Record
import org.memlora.app.chat.notes
import org.memlora.app.chat.session
import org.memlora.app.work.Task
import org.memlora.app.work.Worker
import org.memlora.dialogues.importChat
import org.memlora.errors.ConfigException
import org.memlora.progress.Cancellation
import java.io.File
import java.io.IOException
import java.util.concurrent.CancellationException

/**
 * Remembers chats of elsewhere, one exchange after another, so that what somebody says meanwhile comes between them.
 *
 * Each is a chat of its own here, with one line that says how far it is. Its text lies in [folder] until it is read to its
 * end or its chat is deleted. The main thread's alone.
 */
class ChatImports(
    private val record: Record,
    private val table: ImportTable,
    private val folder: File,
    private val host: Host,
    private val worker: Worker,
) {
    private class Run(val import: Import) {
        var cancellation: Cancellation? = null
        var left: List<Exchange>? = null // the worker's, once it has read them
    }

    private class Step(val outcome: Outcome?, val messages: Int, val isLast: Boolean)

    private var running: Run? = null
    private var isPausing = false
    private var begun = 0
    private val leaving = mutableListOf<Long?>() // chats that are being deleted; null: all are

    /** Whether an import waits, and there may be a memory for it. */
    val canGoOn: Boolean get() = waiting() != null

    init {
        folder.listFiles().orEmpty().filter { it.name.startsWith(INCOMING) }.forEach(::remove) // a death came before they were kept
        host.state.watch { if (it == HostState.Ready) goOn() }
        record.all.watch { sweep() }
    }

    /** Reads a chat to be looked at before it is remembered; [open] gives its bytes on the worker's thread. */
    fun look(name: String, open: () -> ByteArray, done: (Preview?, String?) -> Unit) {
        worker.run({ preview(name, open()) }) { result -> done(result.getOrNull(), result.sentence()) }
    }

    /**
     * Begins to remember a chat, whose speaker [me] is the phone's owner, and shows it.
     *
     * A file of the same name that begins alike is the same chat, grown: what was read of it before is not remembered again.
     */
    fun begin(preview: Preview, reading: Reading, me: String, done: (String?) -> Unit) {
        val incoming = File(folder, "$INCOMING${begun++}")
        worker.run({ write(incoming, preview.bytes) }) { result ->
            result.onSuccess {
                val line = lineOf(preview)
                table.put(line, me, preview.start, reading)
                if (incoming.renameTo(File(folder, "$line"))) retry(line) else record.set(line, Progress.Failed(UNKEPT))
            }
            done(result.sentence())
        }
    }

    /** Goes on with what was stopped or failed. */
    fun retry(line: Long) {
        record.set(line, Progress.Waiting)
        goOn()
    }

    /** Begins the oldest one that waits. */
    fun goOn() {
        if (running != null) return
        val run = Run(waiting() ?: return)
        running = run
        record.set(run.import.line, Progress.Working)
        step(run)
    }

    /** Ends what is being read after the exchange at hand; what was remembered stays. */
    fun stop() {
        running?.cancellation?.cancel()
    }

    /** The phone needs what the work takes: it goes on later. */
    fun pause() {
        isPausing = running != null
        stop()
    }

    /** [chat] (null: every one) is about to be deleted: nothing more of it is remembered before the result is called, deleted or not. */
    fun drop(chat: Long? = null): () -> Unit {
        leaving += chat
        interrupt(chat)
        return {
            leaving -= chat
            goOn()
        }
    }

    private fun waiting(): Import? = if (host.isOpen && null !in leaving) table.waiting().find { it.chat !in leaving } else null

    private fun interrupt(chat: Long?) {
        if (chat == null || running?.import?.chat == chat) {
            stop()
            running = null
            isPausing = false
        }
        table.open().filter { chat == null || it.chat == chat }.forEach { record.set(it.line, Progress.Stopped) }
        goOn()
    }

    // the line of such a file, in a chat that is shown now
    private fun lineOf(preview: Preview): Long {
        val known = table.find(preview.name, preview.start).find { it.chat !in leaving }
        if (known == null) {
            record.begin()
            return record.add(record.shown, LineKind.IMPORTED, preview.name)
        }
        interrupt(known.chat)
        record.open(known.chat)
        return known.line
    }

    private fun step(run: Run) {
        run.cancellation = host.use(Task.IMPORTING, { assistant, cancellation -> next(run, assistant, cancellation) }) { result ->
            if (running === run) conclude(run, result) // else it was dropped
        }
    }

    private fun conclude(run: Run, result: Result<Step>) {
        if (!table.has(run.import.line)) return end() // its chat is gone
        val step = result.getOrNull()
        step?.outcome?.let { outcome ->
            table.advance(run.import.line, step.messages, if (outcome is Outcome.WordsOnly) step.messages else 0)
            record.addNotes(run.import.line, notes(outcome).filter { it.memory != null && it.kind in MADE })
        }
        val isWanted = run.cancellation?.isCancelled == false
        if (step != null && !step.isLast && isWanted) {
            record.set(run.import.line, Progress.Working)
            step(run)
            return
        }
        running = null
        record.set(run.import.line, ended(result))
        end()
    }

    private fun end() {
        running = null
        sweep()
        if (isPausing) isPausing = false else goOn()
    }

    private fun ended(result: Result<Step>): Progress {
        val step = result.getOrNull()
        if (step?.isLast == true) return Progress.Done
        if (step != null || result.exceptionOrNull() is CancellationException) return if (isPausing) Progress.Waiting else Progress.Stopped
        return if (host.isOpen) Progress.Failed(result.sentence().orEmpty()) else Progress.Waiting // the screen says why there is no memory
    }

    private fun sweep() {
        val files = folder.listFiles().orEmpty().filter { !it.name.startsWith(INCOMING) }
        if (files.isEmpty()) return
        val open = table.open().map { "${it.line}" }
        files.filter { it.name !in open }.forEach(::remove)
    }

    // on the worker's thread

    private fun write(incoming: File, bytes: ByteArray) {
        if (!folder.isDirectory && !folder.mkdirs()) throw ConfigException("cannot make ${folder.name}: expected a writable disk; free some room")
        try {
            incoming.writeBytes(bytes)
        } catch (failed: IOException) {
            throw ConfigException("cannot keep the chat: expected room for ${bytes.size} bytes, got ${failed.message}; free some room", failed)
        }
    }

    private fun next(run: Run, assistant: Assistant, cancellation: Cancellation): Step {
        val left = run.left ?: unread(run.import)
        val exchange = left.firstOrNull() ?: return Step(null, 0, isLast = true)
        val outcome = assistant.take(exchange.turns, session(run.import.chat), exchange.place, cancellation)
        run.left = left.drop(1)
        return Step(outcome, exchange.turns.size, isLast = left.size == 1)
    }

    private fun unread(import: Import): List<Exchange> {
        val file = File(folder, "${import.line}")
        if (!file.isFile) throw ConfigException("the text of ${import.name} is gone: expected it in the app, got nothing; import it again")
        var before = 0
        return exchanges(importChat(file.readBytes(), import.name, import.dayFirst), import.me).dropWhile { exchange ->
            before += exchange.turns.size
            before <= import.read
        }
    }

    private companion object {
        const val INCOMING = "incoming "

        const val UNKEPT = "cannot keep the chat: expected a disk that can be written, got another; make room and import it again"

        val MADE = setOf(NoteKind.REMEMBERED, NoteKind.CHANGED)

        fun remove(file: File) = check(file.delete() || !file.exists()) { "cannot delete ${file.name}: expected a folder that can be written" }
    }
}
