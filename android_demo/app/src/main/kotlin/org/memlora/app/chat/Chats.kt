package org.memlora.app.chat

import android.content.ContentValues
import android.content.Context
import android.database.sqlite.SQLiteDatabase
import android.database.sqlite.SQLiteOpenHelper
import java.io.File
import java.time.LocalDate

private const val SHOWN = 500

/** The chat's lines in a file of their own, which no backup takes along; what is forgotten leaves its bytes. */
class Chats(context: Context) : SQLiteOpenHelper(context, File(context.noBackupFilesDir, "chat.db").path, null, 1) {
    override fun onConfigure(db: SQLiteDatabase) {
        db.setForeignKeyConstraintsEnabled(true)
        db.rawQuery("PRAGMA secure_delete = ON", null).use { it.moveToFirst() }
    }

    override fun onCreate(db: SQLiteDatabase) {
        db.execSQL(
            "CREATE TABLE lines (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, text TEXT NOT NULL, " +
                "day TEXT NOT NULL, progress TEXT NOT NULL, failure TEXT)",
        )
        db.execSQL(
            "CREATE TABLE notes (line INTEGER NOT NULL REFERENCES lines (id) ON DELETE CASCADE, place INTEGER NOT NULL, " +
                "kind TEXT NOT NULL, memory INTEGER, text TEXT NOT NULL, previous TEXT, day TEXT, PRIMARY KEY (line, place))",
        )
    }

    override fun onUpgrade(db: SQLiteDatabase, from: Int, to: Int) = error("no chat of version $from is known")

    /** A new line; its id. */
    fun add(kind: LineKind, text: String, day: LocalDate): Long = writableDatabase.insertOrThrow(
        "lines",
        null,
        ContentValues().apply {
            put("kind", kind.name)
            put("text", text)
            put("day", day.toString())
            put("progress", name(Progress.Working))
        },
    )

    /** How far a line is, and what it says where that changed too. */
    fun set(line: Long, progress: Progress, text: String? = null) {
        val values = ContentValues().apply {
            put("progress", name(progress))
            put("failure", (progress as? Progress.Failed)?.sentence)
            text?.let { put("text", it) }
        }
        writableDatabase.update("lines", values, "id = ?", arrayOf("$line"))
    }

    /** What stands under a line, instead of what stood there. */
    fun setNotes(line: Long, notes: List<Note>) = inTransaction { db ->
        db.delete("notes", "line = ?", arrayOf("$line"))
        notes.forEachIndexed { place, note -> db.insertOrThrow("notes", null, values(line, place, note)) }
    }

    /** Takes away a line that came to nothing. */
    fun remove(line: Long) {
        writableDatabase.delete("lines", "id = ?", arrayOf("$line"))
    }

    /** What a process left unfinished: what was said is interrupted, answers to it are made anew. */
    fun interrupt() = inTransaction { db ->
        val working = arrayOf(name(Progress.Working))
        db.delete("lines", "progress = ? AND kind <> 'SAID'", working)
        val values = ContentValues().apply { put("progress", name(Progress.Interrupted)) }
        db.update("lines", values, "progress = ?", working)
    }

    /** The newest lines, oldest first. */
    fun lines(): List<Line> {
        val notes = notes()
        val sql = "SELECT id, kind, text, day, progress, failure FROM lines ORDER BY id DESC LIMIT $SHOWN"
        val newest = readableDatabase.rawQuery(sql, null).rows { row ->
            val id = row.getLong(0)
            val progress = progress(row.getString(4), row.getString(5))
            val own = notes[id].orEmpty()
            when (val kind = LineKind.valueOf(row.getString(1))) {
                LineKind.SAID -> Line.Said(id, row.getString(2), LocalDate.parse(row.getString(3)), progress, own)
                else -> Line.Answered(id, row.getString(2), progress, own, kind == LineKind.CHOICE)
            }
        }
        return newest.reversed()
    }

    /** Takes the words of forgotten [memories] out of the chat: answers read from them, and what gave nothing else. */
    fun erase(memories: Set<Long>) = inTransaction { db ->
        val among = memories.joinToString()
        val touched = "SELECT line FROM notes WHERE memory IN ($among)"
        val others = "SELECT line FROM notes WHERE memory IS NOT NULL AND memory NOT IN ($among)"
        val emptied = "id IN ($touched) AND (kind <> 'SAID' OR id NOT IN ($others))"
        val lines = db.rawQuery("SELECT id FROM lines WHERE $emptied", null).rows { it.getLong(0) }.joinToString()
        db.delete("notes", "line IN ($lines) OR memory IN ($among)", null)
        db.execSQL("UPDATE lines SET text = '', failure = NULL, progress = ? WHERE id IN ($lines)", arrayOf(name(Progress.Erased)))
    }

    /** Everything that was ever written here. */
    fun eraseAll() {
        inTransaction { db -> db.delete("lines", null, null) }
        writableDatabase.execSQL("VACUUM")
    }

    private fun notes(): Map<Long, List<Note>> =
        readableDatabase.rawQuery("SELECT line, kind, memory, text, previous, day FROM notes ORDER BY line, place", null).rows { row ->
            val kind = NoteKind.valueOf(row.getString(1))
            val memory = if (row.isNull(2)) null else row.getLong(2)
            val day = row.getString(5)?.let { LocalDate.parse(it) }
            row.getLong(0) to Note(kind, memory, row.getString(3), row.getString(4), day)
        }.groupBy({ it.first }, { it.second })

    private fun inTransaction(work: (SQLiteDatabase) -> Unit) {
        val db = writableDatabase
        db.beginTransaction()
        try {
            work(db)
            db.setTransactionSuccessful()
        } finally {
            db.endTransaction()
        }
    }
}

/** Who speaks in a line: the user, the memory, or the memory asking what to forget. */
enum class LineKind { SAID, ANSWERED, CHOICE }
