package org.memlora.app.memories

import android.content.res.Resources
import org.memlora.app.R
import org.memlora.app.assistant.Memory
import org.memlora.app.screens.format

/** When and by whom a memory was said, and whether it still holds. */
internal fun about(resources: Resources, memory: Memory): String {
    val person = memory.person.ifEmpty { resources.getString(R.string.you) }
    val said = when (memory.day) {
        null -> resources.getString(R.string.said_by, person)
        else -> resources.getString(R.string.said_by_on, person, format(memory.day, resources.configuration.locales[0]))
    }
    return if (memory.isPast) resources.getString(R.string.no_longer_holds, said) else said
}

/** What a change is called; a store of a later version may know others. */
internal fun event(resources: Resources, name: String): String = when (name) {
    "ADD" -> resources.getString(R.string.event_add)
    "UPDATE" -> resources.getString(R.string.event_update)
    "SUPERSEDE" -> resources.getString(R.string.event_supersede)
    "RESTORE" -> resources.getString(R.string.event_restore)
    "DELETE" -> resources.getString(R.string.event_delete)
    else -> name
}
