package org.memlora.store

import org.memlora.images.Pixels
import org.memlora.parts.Embeddings
import org.memlora.text.splitAtBlanks
import java.time.LocalDate

/** What is searched: live memories, past ones, raw turns. [words] is Python's name. */
public enum class Kind(public val words: String) {
    MEMORY("memory"),
    PAST("past"),
    TURN("turn"),
}

/** Who said a fact: the user, the assistant, someone else in the conversation, or a text from elsewhere. */
public enum class Source(public val words: String) {
    USER("user"),
    ASSISTANT("assistant"),
    OTHER("other"),
    IMPORTED("imported"),
    ;

    public companion object {
        /** The source that a store calls [words]. */
        public fun of(words: String): Source = entries.first { it.words == words }
    }
}

/** How far an exchange has come. */
public enum class State(public val words: String) {
    STORED("stored"),
    EMPTY("empty"),
    FAILED("failed"),
}

/** A raw turn as it was said; [day] is its session's. */
public data class Turn(
    public val id: Long,
    public val role: String,
    public val speaker: String,
    public val text: String,
    public val day: LocalDate?,
)

/**
 * A memory. [day] is the session in which it was last said, [source] who said it (null: unknown, from old stores).
 *
 * It holds on the days from [validFrom] (null: unknown) up to but not on [validTo] (null: open, or unknown for a past
 * one). A past memory ([isPast]) ended because of memory [supersededBy], or was taken back (null).
 */
public data class StoredMemory(
    public val id: Long,
    public val userId: String,
    public val text: String,
    public val day: LocalDate?,
    public val createdAt: String,
    public val updatedAt: String,
    public val isPast: Boolean = false,
    public val validFrom: LocalDate? = null,
    public val validTo: LocalDate? = null,
    public val supersededBy: Long? = null,
    public val source: Source? = null,
    public val labels: Labels = Labels(),
)

/**
 * One change of a memory, in Mem0's shape; [source] is whose word the memory is from then on (null: unknown).
 *
 * An UPDATE to the same text says that somebody more trusted said it too.
 */
public data class HistoryRow(
    public val id: Long,
    public val memoryId: Long,
    public val oldMemory: String?,
    public val newMemory: String?,
    public val event: String,
    public val createdAt: String,
    public val source: Source? = null,
)

/**
 * Ids of what is gone, and of the turns that stay because another live memory came from their exchange.
 *
 * A photo goes with the last exchange that it came with.
 */
public data class Forgotten(
    public val memories: List<Long>,
    public val turns: List<Long>,
    public val keptTurns: List<Long> = emptyList(),
    public val photos: List<Long> = emptyList(),
)

/** A photo of a user: [name] is the sha256 of its pixels, [turns] what was said when it came, oldest first. */
public data class StoredPhoto(
    public val id: Long,
    public val name: String,
    public val createdAt: String,
    public val turns: List<Turn> = emptyList(),
) {
    /** The day it came last. */
    public val day: LocalDate? get() = turns.lastOrNull()?.day

    /** What the user said with it, else what anybody did, in one line. */
    public val caption: String
        get() {
            val own = turns.filter { it.role == "user" }.flatMap { splitAtBlanks(it.text) }
            return own.ifEmpty { turns.flatMap { splitAtBlanks(it.text) } }.joinToString(" ")
        }
}

/** What the exchange that is taken back said, ids of the memories it had added, and of those that are as before. */
public data class Undone(
    public val said: List<String>,
    public val forgotten: List<Long>,
    public val restored: List<Long>,
)

/** Sentences to unit vectors; [id] names the model and its weights. */
public interface Embedder {
    public val id: String
    public val dimension: Int

    /** A float32 vector `[D]` of length 1 for each text. */
    public fun embed(texts: List<String>): List<FloatArray>
}

/** Pictures to rows of embeddings; [identity] is equal only where equal pixels give equal rows. */
public interface ImageEncoder {
    public val identity: String

    /** `[tokens, hidden]` of a picture of any size. */
    public fun encode(pixels: Pixels): Embeddings
}

private const val USER_BITS = 32
private const val PAST_ROWS = 1L shl 31

/**
 * What is added to an id in the tables of words: a user's rows stand together, so a search reads no one else's.
 *
 * Live memories and turns come first, past memories 2^31 rows later.
 */
internal fun firstRow(user: Long, isPast: Boolean = false): Long = (user shl USER_BITS) + if (isPast) PAST_ROWS else 0

/** The last id that a row of the user can have there. */
internal fun lastRow(user: Long, isPast: Boolean = false): Long = firstRow(user, isPast) + PAST_ROWS - 1

/** What of a turn is embedded and indexed: questions name the person, who seldom says the own name. */
public fun searchable(speaker: String, text: String): String = if (speaker.isEmpty()) text else "$speaker: $text"
