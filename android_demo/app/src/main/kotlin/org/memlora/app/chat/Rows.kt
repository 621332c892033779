package org.memlora.app.chat

import android.content.ContentValues
import android.database.Cursor
import java.time.LocalDate

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

/** A line of `id, kind, text, day, progress, failure, chat`, and for an imported chat `read, total, words_only`. */
internal fun line(row: Cursor, notes: List<Note>): Line {
    val id = row.getLong(0)
    val progress = progress(row.getString(4), row.getString(5))
    return when (val kind = LineKind.valueOf(row.getString(1))) {
        LineKind.SAID -> Line.Said(id, row.getString(2), LocalDate.parse(row.getString(3)), progress, notes, row.getLong(6))
        LineKind.IMPORTED ->
            Line.Imported(id, row.getString(2), progress, notes, row.getLong(6), row.getInt(7), row.getInt(8), row.getInt(9))

        LineKind.ANSWERED, LineKind.CHOICE -> Line.Answered(id, row.getString(2), progress, notes, kind == LineKind.CHOICE)
    }
}

/** A note of `line, kind, memory, text, previous, day`. */
internal fun note(row: Cursor): Note {
    val memory = if (row.isNull(2)) null else row.getLong(2)
    return Note(NoteKind.valueOf(row.getString(1)), memory, row.getString(3), row.getString(4), row.getString(5)?.let { LocalDate.parse(it) })
}

internal fun name(progress: Progress): String = when (progress) {
    Progress.Working -> "working"
    Progress.Done -> "done"
    Progress.Waiting -> "waiting"
    Progress.Stopped -> "stopped"
    Progress.Interrupted -> "interrupted"
    Progress.Erased -> "erased"
    is Progress.Failed -> "failed"
}

internal fun progress(name: String, failure: String?): Progress = when (name) {
    "working" -> Progress.Working
    "done" -> Progress.Done
    "waiting" -> Progress.Waiting
    "stopped" -> Progress.Stopped
    "interrupted" -> Progress.Interrupted
    "erased" -> Progress.Erased
    "failed" -> Progress.Failed(failure.orEmpty())
    else -> error("no progress is called $name")
}
