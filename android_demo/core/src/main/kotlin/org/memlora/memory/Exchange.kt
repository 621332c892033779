package org.memlora.memory

import org.memlora.operations.Message
import org.memlora.store.Labels
import org.memlora.store.forms.Photo
import org.memlora.store.forms.Said
import org.memlora.store.forms.exchangeKey
import java.time.LocalDate

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
