package org.memlora.app.chat

import android.content.res.Resources
import org.memlora.app.R
import org.memlora.app.screens.format
import org.memlora.app.screens.isolated
import java.text.NumberFormat

/** A note as it is read under its line. */
internal fun Note.sentence(resources: Resources): String = when (kind) {
    NoteKind.REMEMBERED -> resources.getString(R.string.remembered, isolated(text))
    NoteKind.CHANGED -> resources.getString(R.string.changed, isolated(text), isolated(previous.orEmpty()))
    NoteKind.FORGOTTEN -> resources.getString(R.string.forgotten, isolated(text))
    NoteKind.KNOWN -> resources.getString(R.string.known, isolated(text))
    NoteKind.NOTHING -> resources.getString(R.string.nothing_to_remember)
    NoteKind.WORDS_ONLY -> resources.getString(R.string.words_only, isolated(text))
    NoteKind.SOURCE -> when (day) {
        null -> resources.getString(R.string.from_memory, isolated(text))
        else -> resources.getString(R.string.from_memory_on, isolated(text), format(day, resources.configuration.locales[0]))
    }
}

/** How far an imported chat is read, and what came of it. */
internal fun Line.Imported.told(resources: Resources): List<String> {
    val numbers = NumberFormat.getIntegerInstance(resources.configuration.locales[0])
    val told = listOf(
        resources.getString(R.string.import_read, numbers.format(read), numbers.format(total)),
        resources.getString(R.string.import_found, numbers.format(notes.size)),
    )
    return if (wordsOnly == 0) told else told + resources.getString(R.string.import_words_only, numbers.format(wordsOnly))
}

/** The colour of a note, by name and never by colour alone: the sentence says the same. */
internal val Note.colour: Int
    get() = when (kind) {
        NoteKind.REMEMBERED -> R.color.remembered
        NoteKind.CHANGED -> R.color.changed
        NoteKind.FORGOTTEN, NoteKind.WORDS_ONLY -> R.color.forgotten
        NoteKind.KNOWN, NoteKind.NOTHING, NoteKind.SOURCE -> R.color.text_soft
    }

/** How far a line is, null where there is nothing to say. */
internal fun Progress.sentence(resources: Resources): String? = when (this) {
    Progress.Working -> resources.getString(R.string.working)
    Progress.Waiting -> resources.getString(R.string.waiting)
    Progress.Stopped -> resources.getString(R.string.stopped)
    Progress.Interrupted -> resources.getString(R.string.interrupted)
    is Progress.Failed -> sentence
    Progress.Done, Progress.Erased -> null
}
