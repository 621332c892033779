package org.memlora.memory

import org.memlora.errors.ConfigException
import org.memlora.images.Pixels
import org.memlora.memory.photos.Looker
import org.memlora.memory.photos.Sight
import org.memlora.memory.photos.readPhotos
import org.memlora.operations.Generator
import org.memlora.operations.Message
import org.memlora.operations.OnText
import org.memlora.operations.SELECT
import org.memlora.operations.VQA
import org.memlora.progress.Cancellation
import org.memlora.progress.Progress
import org.memlora.retrieval.Retrieval
import org.memlora.store.Embedder
import org.memlora.store.HistoryRow
import org.memlora.store.Labels
import org.memlora.store.Source
import org.memlora.store.Store
import org.memlora.store.StoredMemory
import org.memlora.store.Turn
import org.memlora.store.Undone
import org.memlora.text.stripBlanks
import java.time.LocalDate

/** Memories or turns that go into an answer where neither bundle nor question says otherwise. */
public const val MEMORIES_PER_QUESTION: Int = 30

/**
 * Remembers for any number of users in one store, with the experts of one bundle, for any number of threads.
 *
 * Calls of several threads wait for one another where they use the model or the store, and are otherwise independent.
 * [sight] is what a bundle sees photos with; its `rowsOf` is what the generator's `vqa` reads them by.
 * Only what [add] is given is ever read for facts: neither recalled memories nor answers are. Every id is of a user's own
 * memory: another one's is not found.
 */
public class Memory(
    generator: Generator,
    embedder: Embedder,
    public val store: Store,
    retrieveK: Int = MEMORIES_PER_QUESTION,
    reads: Reads? = null,
    sight: Sight? = null,
    private val onClose: () -> Unit = {},
) : AutoCloseable {
    private val generator = SharedGenerator(generator)
    private val embedder = SharedEmbedder(embedder)
    private val retrieval = Retrieval(store)
    private val sight = sight.takeIf { VQA.name in generator.operations }
    private val pipeline = Pipeline(this.generator, this.embedder, store, retrieval, this.sight)
    private val recall =
        Recall(
            this.embedder,
            store,
            retrieval,
            reads ?: if (SELECT.name in generator.operations) Reads.BOTH else Reads.MEMORIES,
        )
    private val looker = Looker(this.generator, store, recall)
    private val answering = Answering(this.generator, store, recall, looker.takeIf { this.sight != null }, retrieveK)

    /** Waits for the model's call that runs, closes the store and what was opened for this memory; later calls are refused. */
    override fun close() {
        store.use { generator.close { embedder.close(onClose) } }
    }

    /**
     * Remembers an exchange said on [saidOn] (null: unknown).
     *
     * Raw turns, facts, vectors, history and provenance are written in one transaction. The same exchange added again
     * changes nothing, unless it failed before; [session] and [place] tell apart exchanges of equal words. An imported
     * text never changes what the user said himself. [labels] are kept beside each memory that comes of it. Without
     * [infer] no model runs on texts and the text of every message is a memory. [progress] is told how far a long text is.
     * [images] are kept as at most 512 x 512 pixels, under their sha256, and encoded now. Throws [ConfigException] for no
     * message and for images where the bundle has no vision, `StoreException` when the store cannot be written,
     * `CancellationException` once [cancellation] is asked; turns and photos are kept then.
     */
    @JvmOverloads
    public fun add(
        messages: List<Message>,
        userId: String,
        saidOn: LocalDate? = null,
        session: String = "",
        place: String = "",
        isImported: Boolean = false,
        labels: Labels = Labels(),
        infer: Boolean = true,
        cancellation: Cancellation? = null,
        progress: Progress = Progress.SILENT,
        images: List<Pixels> = emptyList(),
    ): Outcome {
        val read = readMessages(messages)
        if (images.isNotEmpty() && sight == null) {
            throw ConfigException(
                "cannot keep a photo: expected a bundle with vision, got one of text alone; nothing was stored, take a bundle " +
                    "that has vqa",
            )
        }
        val photos = readPhotos(images)
        val exchange = Exchange(userId, read, saidOn, session, place, isImported, labels, !infer, photos)
        return if (pipeline.isStored(exchange)) Empty(ALREADY_STORED) else pipeline.remember(exchange, cancellation, progress)
    }

    /** As the other [add] for one text of the user's. */
    @JvmOverloads
    public fun add(
        text: String,
        userId: String,
        saidOn: LocalDate? = null,
    ): Outcome = add(listOf(Message("user", "", text)), userId, saidOn)

    /**
     * The memories that fit [query] best by meaning and words, best first, with scores from 0 to 1.
     *
     * Those below [threshold] are left out; with [includePast] those that something newer ended are among them. Only those
     * that [filters] take are found.
     */
    @JvmOverloads
    public fun search(
        query: String,
        userId: String,
        limit: Int = 10,
        threshold: Double = 0.0,
        includePast: Boolean = false,
        filters: Filters = Filters.NONE,
    ): List<Recalled> {
        val whole = wholeText(query)
        if (limit < 1 || stripBlanks(whole).isEmpty()) return emptyList()
        return recall.recall(whole, recall.embed(whole), userId, limit, threshold, includePast, filters)
    }

    /** The raw turns that fit [query] best by meaning and words, best first. */
    @JvmOverloads
    public fun searchTurns(
        query: String,
        userId: String,
        limit: Int = 10,
    ): List<Turn> {
        val whole = wholeText(query)
        return recall.recallTurns(whole, recall.embed(whole), userId, limit).map { it.turn }
    }

    /** The photos that fit [query] best by their captions and what was said around them, best first. */
    @JvmOverloads
    public fun searchPhotos(
        query: String,
        userId: String,
        limit: Int = 10,
    ): List<RecalledPhoto> {
        val whole = wholeText(query)
        if (limit < 1 || stripBlanks(whole).isEmpty()) return emptyList()
        return looker.search(whole, recall.embed(whole), userId, limit)
    }

    /**
     * A short answer from what fits the question best; less than [limit] where the context is short.
     *
     * Relative dates in the question are annotated from [askedOn]. [asker] is who `I` in the question is; without it the
     * user who said most lately. What only others told of themselves is refused, as a question and as an answer. Nothing is
     * remembered. Where the bundle sees, a question about a photo is answered from its pixels, in one piece.
     * [onText] is given the answer's text as it grows, no text as long as it may yet become a refusal, and ends the writing
     * when it says false. Throws [ConfigException] for no question and one that is too long,
     * `CancellationException` within one step of the model once [cancellation] is asked.
     */
    @JvmOverloads
    public fun ask(
        question: String,
        userId: String,
        limit: Int? = null,
        askedOn: LocalDate? = null,
        asker: String = "",
        cancellation: Cancellation? = null,
        onText: OnText? = null,
    ): Answer = answering.answer(question, userId, limit, askedOn, asker, cancellation, onText)

    /** Every live memory of the user that [filters] take, oldest first. */
    @JvmOverloads
    public fun getAll(
        userId: String,
        filters: Filters = Filters.NONE,
    ): List<StoredMemory> = store.memories(userId).filter(filters::takes)

    /** One live memory of the user; throws [ConfigException] for an id that is not the user's. */
    public fun get(
        memoryId: Long,
        userId: String,
    ): StoredMemory =
        store.memory(userId, memoryId)
            ?: throw ConfigException("no memory $memoryId: expected the id of a memory of $userId, got none; list them")

    /**
     * Other words for a memory of the user, or the same ones in other letters: his own word from then on. The same text
     * changes nothing.
     *
     * Throws [ConfigException] for an id that is not the user's, for no text, and for one that another memory has.
     */
    public fun update(
        memoryId: Long,
        text: String,
        userId: String,
    ) {
        val whole = stripBlanks(wholeText(text))
        if (whole.isEmpty()) {
            throw ConfigException("nothing to write: expected the memory's new text, got none; use delete to forget it")
        }
        val vector = recall.embed(whole)
        store.writing {
            val live = store.memory(userId, memoryId)
            val same = store.findMemory(userId, whole)
            if (same == null || live == null || (same.id == memoryId && same.text != whole)) {
                store.updateMemory(userId, memoryId, whole, null, vector, source = Source.USER)
            } else if (same.id != memoryId) {
                throw ConfigException("cannot change memory $memoryId: expected new words, got memory ${same.id}'s")
            }
        }
    }

    /** Forgets a memory of the user, live or past, down to its bytes; throws [ConfigException] for another id. */
    public fun delete(
        memoryId: Long,
        userId: String,
    ) {
        store.forgetMemories(userId, listOf(memoryId))
    }

    /** Forgets a photo of the user with what was said with it and what came of that; throws [ConfigException] for another id. */
    public fun forgetPhoto(
        photoId: Long,
        userId: String,
    ) {
        store.forgetPhotos(userId, listOf(photoId))
    }

    /**
     * Forgets what was said in a session of the user, and what came of it or was reworded by it.
     *
     * Without [withMemories] only what gave no memory is forgotten. Throws [ConfigException] for a session that is not the
     * user's.
     */
    @JvmOverloads
    public fun forgetSession(
        session: String,
        userId: String,
        withMemories: Boolean = true,
    ) {
        store.forgetSession(userId, session, withMemories)
    }

    /**
     * Takes back the user's newest exchange: its turns and memories are forgotten, what it changed is as before.
     *
     * Throws [ConfigException] where there is none, or a memory that it ended says what another one says now.
     */
    public fun undo(userId: String): Undone = store.undo(userId, embedder::embed)

    /**
     * Forgets everything of the user, or with [filters] the memories that they take, live and past.
     *
     * Turns go with their memories; labels lie beside memories alone, so what gave none goes with the user only. Throws
     * [ConfigException] for an unknown user.
     */
    @JvmOverloads
    public fun deleteAll(
        userId: String,
        filters: Filters = Filters.NONE,
    ) {
        if (filters.isEmpty || store.userRow(userId) == null) {
            store.forgetUser(userId)
            return
        }
        val found = store.memories(userId, includePast = true).filter(filters::takes).map { it.id }
        if (found.isNotEmpty()) store.forgetMemories(userId, found)
    }

    /** Forgets everything of every user. */
    public fun reset(): Unit = store.forgetEveryone()

    /**
     * Every change of a memory of the user and of those that it superseded, oldest first; also of a past one.
     *
     * Throws [ConfigException] for an id that is not the user's.
     */
    public fun history(
        memoryId: Long,
        userId: String,
    ): List<HistoryRow> =
        store.history(userId, memoryId).ifEmpty {
            throw ConfigException("no memory $memoryId: expected the id of a memory of $userId, got none")
        }
}
