package org.memlora.app.chat

import android.content.ContentValues
import android.content.Context
import android.database.sqlite.SQLiteDatabase
import android.database.sqlite.SQLiteOpenHelper
import java.io.File
import java.time.LocalDate

private const val VERSION = 4
private const val SHOWN = 500

/** The chats' lines in a file of their own, which no backup takes along; what is forgotten leaves its bytes. */
class Chats(context: Context) : SQLiteOpenHelper(context, File(context.noBackupFilesDir, "chat.db").path, null, VERSION) {
    override fun onConfigure(db: SQLiteDatabase) {
        db.setForeignKeyConstraintsEnabled(true)
        db.rawQuery("PRAGMA secure_delete = ON", null).use { it.moveToFirst() }
    }

    override fun onCreate(db: SQLiteDatabase) {
        createTables(db)
        createImports(db)
    }

    override fun onUpgrade(db: SQLiteDatabase, from: Int, to: Int) {
        check(from in 1..3) { "no chat of version $from is known" }
        if (from == 1) upgradeFrom1(db)
        if (from == 3) upgradeFrom3(db) else createImports(db)
    }

    /** Every chat, the one with the newest line first; before them what was begun since. */
    fun list(): List<Chat> {
        val words = "(SELECT text FROM lines WHERE chat = chats.id AND kind IN ('SAID', 'IMPORTED') AND text <> '' ORDER BY lines.id LIMIT 1)"
        val newest = "(SELECT max(lines.id) FROM lines WHERE chat = chats.id)"
        val sql = "SELECT id, day, $words AS words, $newest AS newest FROM chats ORDER BY newest IS NOT NULL, newest DESC, id DESC"
        return readableDatabase.rawQuery(sql, null).rows { row ->
            Chat(row.getLong(0), LocalDate.parse(row.getString(1)), row.getString(2).orEmpty(), row.isNull(3))
        }
    }

    /** A new chat; its id. */
    fun begin(day: LocalDate): Long =
        writableDatabase.insertOrThrow("chats", null, ContentValues().apply { put("day", day.toString()) })

    /** A chat with all its lines. */
    fun delete(chat: Long) {
        writableDatabase.delete("chats", "id = ?", arrayOf("$chat"))
        wipe()
    }

    /** Memories that came of what was told in a chat. */
    fun memories(chat: Long): Set<Long> {
        val sql = "SELECT DISTINCT memory FROM notes JOIN lines ON lines.id = line " +
            "WHERE chat = ? AND memory IS NOT NULL AND notes.kind IN ('REMEMBERED', 'CHANGED')"
        return readableDatabase.rawQuery(sql, arrayOf("$chat")).rows { it.getLong(0) }.toSet()
    }

    /** A new line; its id. */
    fun add(chat: Long, kind: LineKind, text: String, day: LocalDate): Long = writableDatabase.insertOrThrow(
        "lines",
        null,
        ContentValues().apply {
            put("chat", chat)
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

    /** What stands under a line too, where none of the same memory does. */
    fun addNotes(line: Long, notes: List<Note>) = inTransaction { db ->
        val known = db.rawQuery("SELECT memory, place FROM notes WHERE line = ?", arrayOf("$line")).rows { it.getLong(0) to it.getInt(1) }
        val memories = known.map { it.first }
        val place = known.maxOfOrNull { it.second + 1 } ?: 0
        notes.filter { it.memory !in memories }.distinctBy { it.memory }
            .forEachIndexed { more, note -> db.insertOrThrow("notes", null, values(line, place + more, note)) }
    }

    /** Whether anything stands under a line. */
    fun hasNotes(line: Long): Boolean =
        readableDatabase.rawQuery("SELECT 1 FROM notes WHERE line = ? LIMIT 1", arrayOf("$line")).use { it.moveToFirst() }

    /** Takes away a line that came to nothing. */
    fun remove(line: Long) {
        writableDatabase.delete("lines", "id = ?", arrayOf("$line"))
    }

    /** What a process left unfinished: what was said waits, answers to it are gone. */
    fun takeUp() = inTransaction { db ->
        val working = arrayOf(name(Progress.Working))
        db.delete("lines", "progress = ? AND kind IN ('ANSWERED', 'CHOICE')", working)
        val values = ContentValues().apply { put("progress", name(Progress.Waiting)) }
        db.update("lines", values, "progress = ?", working)
    }

    /** The oldest line that waits to be remembered, of any chat but those of [except]. */
    fun waiting(except: Collection<Long>): Line.Said? {
        val which = "progress = ? AND kind = 'SAID' AND chat NOT IN (${except.joinToString()}) ORDER BY id LIMIT 1"
        return lines(which, name(Progress.Waiting)).firstOrNull() as Line.Said?
    }

    /** The newest lines of a chat, oldest first. */
    fun lines(chat: Long): List<Line> = lines("chat = ? ORDER BY id DESC LIMIT $SHOWN", "$chat").reversed()

    /** Takes the words of forgotten [memories] out of the chats: answers read from them, and what gave nothing else. */
    fun erase(memories: Set<Long>) {
        inTransaction { db ->
            val among = memories.joinToString()
            val touched = "SELECT line FROM notes WHERE memory IN ($among)"
            val others = "SELECT line FROM notes WHERE memory IS NOT NULL AND memory NOT IN ($among)"
            val emptied = "id IN ($touched) AND (kind IN ('ANSWERED', 'CHOICE') OR kind = 'SAID' AND id NOT IN ($others))"
            val lines = db.rawQuery("SELECT id FROM lines WHERE $emptied", null).rows { it.getLong(0) }.joinToString()
            db.delete("notes", "line IN ($lines) OR memory IN ($among)", null)
            db.execSQL("UPDATE lines SET text = '', failure = NULL, progress = ? WHERE id IN ($lines)", arrayOf(name(Progress.Erased)))
        }
        wipe()
    }

    /** Everything that was ever written here. */
    fun eraseAll() {
        inTransaction { db -> db.delete("chats", null, null) }
        writableDatabase.execSQL("VACUUM")
        wipe()
    }

    private fun lines(which: String, argument: String): List<Line> {
        val db = readableDatabase
        val notes = db.rawQuery(
            "SELECT line, kind, memory, text, previous, day FROM notes WHERE line IN (SELECT id FROM lines WHERE $which) ORDER BY line, place",
            arrayOf(argument),
        ).rows { row -> row.getLong(0) to note(row) }.groupBy({ it.first }, { it.second })
        val sql = "SELECT id, kind, text, day, progress, failure, chat, read, total, words_only FROM lines LEFT JOIN imports ON line = id WHERE $which"
        return db.rawQuery(sql, arrayOf(argument)).rows { row -> line(row, notes[row.getLong(0)].orEmpty()) }
    }

    // where the platform writes a log ahead, it would keep what was deleted
    private fun wipe() = writableDatabase.rawQuery("PRAGMA wal_checkpoint(TRUNCATE)", null).use { it.moveToFirst() }

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

/** Who speaks in a line: the user, the memory, the memory asking what to forget, or those of a chat of elsewhere. */
enum class LineKind { SAID, ANSWERED, CHOICE, IMPORTED }
