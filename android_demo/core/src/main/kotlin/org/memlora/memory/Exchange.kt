package org.memlora.memory

import org.memlora.memory.rules.sourceAfter
import org.memlora.operations.Message
import org.memlora.store.Labels
import org.memlora.store.Store
import org.memlora.store.forms.Photo
import org.memlora.store.forms.Said
import org.memlora.store.forms.exchangeKey
import java.time.LocalDate
import org.memlora.memory.rules.Said as SaidPart

/**
 * What was said at once, and the [photos] that came with it. [session] and [place] (where it stands in its dialogue) tell apart equal words.
 *
 * With [isVerbatim] every message is a memory as it was said; no model runs.
 */
internal data class Exchange(
    val userId: String,
    val messages: List<Message>,
    val day: LocalDate?,
    val session: String = "",
    val place: String = "",
    val isImported: Boolean = false,
    val labels: Labels = Labels(),
    val isVerbatim: Boolean = false,
    val photos: List<Photo> = emptyList(),
) {
    /** [session], else the day: what is said on a day without another name is one session. */
    val sessionName: String get() = session.ifEmpty { day?.toString().orEmpty() }

    /** Hex sha256 of who said what, with which photos, on which day and where: the same exchange has the same key. */
    val key: String by lazy {
        exchangeKey(session, day, place, messages.map { Said(it.role, it.speaker, it.text) }, photos.map { it.name })
    }
}

/** What an exchange brings to its events: [vectors] `[D]` for the text of every event and fact, [turns] it is kept in. */
internal class Brought(
    val userId: String,
    val day: LocalDate?,
    val vectors: Map<String, FloatArray>,
    val turns: List<Long>,
    val said: List<SaidPart>,
    val labels: Labels,
)

/** The live memory [text], where there is one, is the user's word where he says it in one of [facts]. */
internal fun Store.sayAgain(
    userId: String,
    text: String,
    facts: List<String>,
    said: List<SaidPart>,
) {
    val live = findMemory(userId, text) ?: return
    val after = sourceAfter(live.text, live.source, facts, said)
    if (after != null && after != live.source) attribute(userId, live.id, after)
}
