package org.memlora.app.chat

import android.content.ContentValues
import android.database.Cursor

/** Every row as [read] gives it; the cursor is closed. */
internal fun <T> Cursor.rows(read: (Cursor) -> T): List<T> = use { buildList { while (moveToNext()) add(read(this@rows)) } }

internal fun values(line: Long, place: Int, note: Note) = ContentValues().apply {
    put("line", line)
    put("place", place)
    put("kind", note.kind.name)
    put("memory", note.memory)
    put("text", note.text)
    put("previous", note.previous)
    put("day", note.day?.toString())
}

internal fun name(progress: Progress): String = when (progress) {
    Progress.Working -> "working"
    Progress.Done -> "done"
    Progress.Stopped -> "stopped"
    Progress.Interrupted -> "interrupted"
    Progress.Erased -> "erased"
    is Progress.Failed -> "failed"
}

internal fun progress(name: String, failure: String?): Progress = when (name) {
    "working" -> Progress.Working
    "done" -> Progress.Done
    "stopped" -> Progress.Stopped
    "interrupted" -> Progress.Interrupted
    "erased" -> Progress.Erased
    "failed" -> Progress.Failed(failure.orEmpty())
    else -> error("no progress is called $name")
}
