package org.memlora.app.imports

import android.content.ContentValues
import android.database.sqlite.SQLiteOpenHelper
import org.memlora.app.chat.rows

/**
 * A chat of elsewhere that is being remembered: line [line] of the chat [chat]. [me] is the speaker who owns the phone,
 * [read] is how many of its messages are done.
 */
data class Import(val line: Long, val chat: Long, val name: String, val me: String, val dayFirst: Boolean?, val read: Int)

/** The imports beside the chats' lines, in the same file; each goes with its line. */
class ImportTable(private val file: SQLiteOpenHelper) {
    /** What [line] is to do, from its first message. */
    fun put(line: Long, me: String, start: String, reading: Reading) {
        val values = ContentValues().apply {
            put("line", line)
            put("me", me)
            put("day_first", reading.dayFirst?.let { if (it) 1 else 0 })
            put("read", 0)
            put("total", reading.messages)
            put("words_only", 0)
            put("start", start)
        }
        file.writableDatabase.replaceOrThrow("imports", null, values)
    }

    /** [messages] more are read; [wordsOnly] of them gave the model nothing to use. */
    fun advance(line: Long, messages: Int, wordsOnly: Int) =
        file.writableDatabase.execSQL("UPDATE imports SET read = read + ?, words_only = words_only + ? WHERE line = ?", arrayOf<Any>(messages, wordsOnly, line))

    /** Those that wait, oldest first. */
    fun waiting(): List<Import> = select("progress = 'waiting' ORDER BY line")

    /** Whether [line] is still an import. */
    fun has(line: Long): Boolean = select("line = ?", "$line").isNotEmpty()

    /** The imports of a file called [name] that began with [start], oldest first. */
    fun find(name: String, start: String): List<Import> = select("text = ? AND start = ? ORDER BY line", name, start)

    /** Those that have not ended. */
    fun open(): List<Import> = select("progress <> 'done'")

    private fun select(which: String, vararg arguments: String): List<Import> =
        file.readableDatabase.rawQuery(
            "SELECT line, chat, text, me, day_first, read FROM imports JOIN lines ON lines.id = line WHERE $which",
            arguments,
        ).rows { row ->
            val dayFirst = if (row.isNull(4)) null else row.getInt(4) == 1
            Import(row.getLong(0), row.getLong(1), row.getString(2), row.getString(3), dayFirst, row.getInt(5))
        }
}
