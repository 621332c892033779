package org.memlora.coroutines

import androidx.sqlite.SQLiteDriver
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.withContext
import org.memlora.MemLora
import org.memlora.engines.Kind
import org.memlora.images.Pixels
import org.memlora.memory.Answer
import org.memlora.memory.Filters
import org.memlora.memory.Memory
import org.memlora.memory.Outcome
import org.memlora.memory.Recalled
import org.memlora.memory.RecalledPhoto
import org.memlora.operations.Message
import org.memlora.progress.Progress
import org.memlora.store.HistoryRow
import org.memlora.store.Labels
import org.memlora.store.StoredMemory
import org.memlora.store.Turn
import org.memlora.store.Undone
import java.io.File
import java.time.LocalDate

/**
 * A [memory] for coroutines: every call may be made on any thread, the main one too, and works on [dispatcher].
 *
 * Each call does and throws what [Memory]'s of the same name does. [add], [ask] and [answer] end within one step of the
 * model when their coroutine is cancelled, which ends after them: then the engine is free for the next call.
 */
public class SuspendingMemory(
    public val memory: Memory,
    private val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) {
    /** Remembers an exchange and its photos; cancelled, the raw turns are kept and adding it again tries again. */
    public suspend fun add(
        messages: List<Message>,
        userId: String,
        saidOn: LocalDate? = null,
        session: String = "",
        place: String = "",
        isImported: Boolean = false,
        labels: Labels = Labels(),
        infer: Boolean = true,
        progress: Progress = Progress.SILENT,
        images: List<Pixels> = emptyList(),
    ): Outcome =
        working(dispatcher) { cancellation ->
            memory.add(messages, userId, saidOn, session, place, isImported, labels, infer, cancellation, progress, images)
        }

    /** Remembers one text of the user's. */
    public suspend fun add(
        text: String,
        userId: String,
        saidOn: LocalDate? = null,
    ): Outcome = add(listOf(Message("user", "", text)), userId, saidOn)

    /** The memories that fit [query] best, best first. */
    public suspend fun search(
        query: String,
        userId: String,
        limit: Int = 10,
        threshold: Double = 0.0,
        includePast: Boolean = false,
        filters: Filters = Filters.NONE,
    ): List<Recalled> = on { memory.search(query, userId, limit, threshold, includePast, filters) }

    /** The raw turns that fit [query] best, best first. */
    public suspend fun searchTurns(
        query: String,
        userId: String,
        limit: Int = 10,
    ): List<Turn> = on { memory.searchTurns(query, userId, limit) }

    /** The photos that fit [query] best by what was said with and around them, best first. */
    public suspend fun searchPhotos(
        query: String,
        userId: String,
        limit: Int = 10,
    ): List<RecalledPhoto> = on { memory.searchPhotos(query, userId, limit) }

    /** A short answer from what fits the question best. */
    public suspend fun ask(
        question: String,
        userId: String,
        limit: Int? = null,
        askedOn: LocalDate? = null,
        asker: String = "",
    ): Answer = working(dispatcher) { cancellation -> memory.ask(question, userId, limit, askedOn, asker, cancellation) }

    /**
     * The answer of [ask] while it is written, asked anew by each collector.
     *
     * A collector who takes his time holds nobody up; one who goes away ends the writing.
     */
    public fun answer(
        question: String,
        userId: String,
        limit: Int? = null,
        askedOn: LocalDate? = null,
        asker: String = "",
    ): Flow<AnswerPiece> =
        channelFlow {
            var told = ""

            fun tell(text: String): Boolean {
                if (text.length <= told.length) return true
                val piece = AnswerPiece.Text(text.substring(told.length))
                told = text
                return trySend(piece).isSuccess // there is always room; closed, nobody reads
            }
            val answer =
                working(dispatcher) { cancellation ->
                    memory.ask(question, userId, limit, askedOn, asker, cancellation, ::tell)
                }
            tell(answer.text)
            send(AnswerPiece.Whole(answer))
        }.buffer(Channel.UNLIMITED)

    /** Every live memory of the user that [filters] take, oldest first. */
    public suspend fun getAll(
        userId: String,
        filters: Filters = Filters.NONE,
    ): List<StoredMemory> = on { memory.getAll(userId, filters) }

    /** One live memory of the user. */
    public suspend fun get(
        memoryId: Long,
        userId: String,
    ): StoredMemory = on { memory.get(memoryId, userId) }

    /** Other words for a memory of the user. */
    public suspend fun update(
        memoryId: Long,
        text: String,
        userId: String,
    ): Unit = on { memory.update(memoryId, text, userId) }

    /** Forgets a memory of the user, down to its bytes. */
    public suspend fun delete(
        memoryId: Long,
        userId: String,
    ): Unit = on { memory.delete(memoryId, userId) }

    /** Forgets a photo of the user with what was said with it and what came of that. */
    public suspend fun forgetPhoto(
        photoId: Long,
        userId: String,
    ): Unit = on { memory.forgetPhoto(photoId, userId) }

    /** Forgets what was said in a session of the user, and with [withMemories] what came of it. */
    public suspend fun forgetSession(
        session: String,
        userId: String,
        withMemories: Boolean = true,
    ): Unit = on { memory.forgetSession(session, userId, withMemories) }

    /** Takes back the user's newest exchange. */
    public suspend fun undo(userId: String): Undone = on { memory.undo(userId) }

    /** Forgets everything of the user, or with [filters] the memories that they take. */
    public suspend fun deleteAll(
        userId: String,
        filters: Filters = Filters.NONE,
    ): Unit = on { memory.deleteAll(userId, filters) }

    /** Forgets everything of every user. */
    public suspend fun reset(): Unit = on { memory.reset() }

    /** Every change of a memory of the user and of those that it superseded, oldest first. */
    public suspend fun history(
        memoryId: Long,
        userId: String,
    ): List<HistoryRow> = on { memory.history(memoryId, userId) }

    /** Closes the memory once the model's call that runs has ended, also in a cancelled coroutine. */
    public suspend fun close(): Unit = withContext(NonCancellable + dispatcher) { memory.close() }

    private suspend fun <T> on(work: () -> T): T = withContext(dispatcher) { work() }

    public companion object {
        /** As `MemLora.open`; a memory that is opened for a coroutine which was cancelled meanwhile is closed again. */
        public suspend fun open(
            bundle: File,
            store: File,
            engine: Kind,
            driver: SQLiteDriver,
            dispatcher: CoroutineDispatcher = Dispatchers.IO,
        ): SuspendingMemory {
            var opened: Memory? = null
            try {
                withContext(dispatcher) { opened = MemLora.open(bundle, store, engine, driver) }
                return SuspendingMemory(checkNotNull(opened), dispatcher)
            } catch (e: Throwable) {
                withContext(NonCancellable + dispatcher) { opened?.close() }
                throw e
            }
        }
    }
}
