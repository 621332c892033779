package org.memlora.memory

import org.memlora.store.StoredMemory
import org.memlora.store.StoredPhoto
import org.memlora.store.Turn

/**
 * What happened to one memory, in Mem0's shape; [id] is null for a fact that changed nothing.
 *
 * The [id] of an `UPDATE` is that of the memory that says [memory] now.
 */
public data class Applied(
    public val id: Long?,
    public val memory: String,
    public val event: String,
    public val previousMemory: String? = null,
)

/** What became of an exchange that was added; [photos] are the ids of those that came with it, which are kept. */
public sealed interface Outcome {
    public val photos: List<Long>
}

/**
 * The exchange held facts; [events] says what became of each.
 *
 * [ungrounded] are facts that nothing said tells: the sentences they came from were kept instead.
 */
public data class Stored(
    public val events: List<Applied>,
    public val ungrounded: List<String> = emptyList(),
    override val photos: List<Long> = emptyList(),
) : Outcome

/** Nothing to remember, or the exchange was stored before; [reason] says which. */
public data class Empty(
    public val reason: String,
    override val photos: List<Long> = emptyList(),
) : Outcome

/** The model gave nothing usable; raw turns and photos are kept, and adding the exchange again tries again. */
public data class Failed(
    public val reason: String,
    override val photos: List<Long> = emptyList(),
) : Outcome

/** A memory that was found and how well it matches, from 0 to 1, higher is better. */
public data class Recalled(
    public val memory: StoredMemory,
    public val score: Double,
)

/** A raw turn that was found and how well it matches, higher is better. */
public data class RecalledTurn(
    public val turn: Turn,
    public val score: Double,
)

/** A photo that was found and how well what was said around it matches, higher is better. */
public data class RecalledPhoto(
    public val photo: StoredPhoto,
    public val score: Double,
)

/**
 * An answer, the memories and the turns it was given, best first, and those of the turns that hold its words.
 *
 * [likely] is the turn to show beside a refusal: the best one, where one is near enough. [photo] is the one that was looked
 * at, [reason] what was seen in it; the turns are those that came with it then.
 */
public data class Answer(
    public val text: String,
    public val memories: List<Recalled>,
    public val turns: List<RecalledTurn> = emptyList(),
    public val used: List<RecalledTurn> = emptyList(),
    public val likely: RecalledTurn? = null,
    public val photo: RecalledPhoto? = null,
    public val reason: String = "",
)
