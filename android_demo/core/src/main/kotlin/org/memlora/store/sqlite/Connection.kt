package org.memlora.store.sqlite

import androidx.sqlite.SQLiteConnection
import androidx.sqlite.SQLiteDriver
import androidx.sqlite.SQLiteStatement
import java.io.File
import org.memlora.store.forms.textOf
import org.memlora.store.forms.utf8

internal const val VALUE_LIMIT_BYTES = 64 shl 20
private const val TEXT_TYPE = 3
private const val BLOB_TYPE = 4
private const val NULL_TYPE = 5
private const val BYTE_ORDER_MARK = '\uFEFF'
private const val SWAPPED_MARK = '\uFFFE'
private const val MOST_UTF8_BYTES = 3

/** What SQLite refused: its primary result [code] and its own words. */
internal class SqliteFailure(val code: Int, message: String, cause: Throwable? = null) : Exception(message, cause)

/**
 * One connection of any driver: statements with their values, rows read one by one.
 *
 * Every failure is a [SqliteFailure]. Drivers throw types of their own (on a phone `android.database.SQLException`),
 * so the failure is told by the words "Error code: N" that each of them begins with.
 */
internal class Connection private constructor(private val raw: SQLiteConnection) {
    private val queries = CompiledQueries(raw)

    /** Whether texts are given to SQLite as UTF-16, which takes a mark at their beginning for one of the byte order. */
    private val takesMarks: Boolean

    init {
        val bound = rows("SELECT length(CAST(? AS BLOB))", listOf(BYTE_ORDER_MARK.toString()), isPlain = true) { it.long(0) }
        takesMarks = bound.single() == 0L
    }

    val isInTransaction: Boolean get() = translated { raw.inTransaction() }

    fun close() =
        translated {
            queries.close()
            raw.close()
        }

    /** Run one statement that gives no rows, or whose rows do not matter. */
    fun run(sql: String, vararg values: Any?) {
        rows(sql, values.asList()) { }
    }

    /** What [read] makes of each row. */
    fun <T> rows(sql: String, values: List<Any?>, isPlain: Boolean = false, read: (Row) -> T): List<T> {
        val found = ArrayList<T>()
        eachRow(sql, values, isPlain) { found += read(it) }
        return found
    }

    /** Hand each row of a SELECT to [action] as it is read. */
    fun eachRow(sql: String, values: List<Any?> = emptyList(), isPlain: Boolean = false, action: (Row) -> Unit) {
        val statement = translated { queries.take(sql) }
        var isDone = false
        try {
            values.forEachIndexed { place, value -> bind(statement, place + 1, value, isPlain) }
            val row = Row(statement)
            while (translated { statement.step() }) action(row)
            isDone = true
        } finally {
            translated { if (isDone) queries.keep(sql, statement) else statement.close() }
        }
    }

    fun lastId(): Long = rows("SELECT last_insert_rowid()", emptyList()) { it.long(0) }.single()

    private fun bind(statement: SQLiteStatement, place: Int, value: Any?, isPlain: Boolean) {
        when (value) {
            null -> translated { statement.bindNull(place) }
            is Long -> translated { statement.bindLong(place, value) }
            is Int -> translated { statement.bindLong(place, value.toLong()) }
            is Boolean -> translated { statement.bindLong(place, if (value) 1 else 0) }
            is ByteArray -> translated { statement.bindBlob(place, checkSize(value)) }
            is String -> {
                val text = if (isPlain) value else guarded(value)
                translated { statement.bindText(place, text) }
            }
            else -> error("no value of SQLite: ${value.javaClass}")
        }
    }

    /** A text that UTF-8 can hold, of a size that every reader takes, and kept whole by the driver. */
    private fun guarded(text: String): String {
        val mayBeLong = text.length > VALUE_LIMIT_BYTES / MOST_UTF8_BYTES
        if (mayBeLong || text.any { it.isSurrogate() }) checkSize(utf8(text))
        val first = text.firstOrNull()
        val isCut = takesMarks && (first == BYTE_ORDER_MARK || first == SWAPPED_MARK)
        return if (isCut) BYTE_ORDER_MARK + text else text
    }

    private fun checkSize(value: ByteArray): ByteArray {
        if (value.size > VALUE_LIMIT_BYTES) throw SqliteFailure(ResultCode.TOO_BIG, "string or blob too big")
        return value
    }

    companion object {
        fun open(driver: SQLiteDriver, file: File): Connection = open(driver, file.path)

        /** An empty database that no file holds. */
        fun inMemory(driver: SQLiteDriver): Connection = open(driver, ":memory:")

        private fun open(driver: SQLiteDriver, name: String): Connection {
            val raw = translated { driver.open(name) }
            try {
                return Connection(raw)
            } catch (e: SqliteFailure) {
                raw.close()
                throw e
            }
        }
    }
}

/** The columns of the row that a statement stands at, from 0; good until the next one is read. */
internal class Row(private val statement: SQLiteStatement) {
    fun long(column: Int): Long = translated { present(column).getLong(column) }

    fun text(column: Int): String = decoded(translated { present(column).getBlob(column) })

    fun textOrNull(column: Int): String? = blobOrNull(column)?.let(::decoded)

    fun longOrNull(column: Int): Long? = translated { if (statement.isNull(column)) null else statement.getLong(column) }

    fun blob(column: Int): ByteArray = translated { present(column).getBlob(column) }

    fun blobOrNull(column: Int): ByteArray? = translated { if (statement.isNull(column)) null else statement.getBlob(column) }

    /** Each column as SQLite holds it: a whole number, a text, bytes or nothing. */
    fun values(): List<Any?> =
        translated {
            (0 until statement.getColumnCount()).map { column ->
                when (statement.getColumnType(column)) {
                    NULL_TYPE -> null
                    TEXT_TYPE -> decoded(statement.getBlob(column))
                    BLOB_TYPE -> statement.getBlob(column)
                    else -> statement.getLong(column)
                }
            }
        }

    /** Not the driver's `getText`: SQLite's way to UTF-16 puts other letters in the place of what is no character. */
    private fun decoded(bytes: ByteArray): String =
        textOf(bytes) ?: throw SqliteFailure(ResultCode.OTHER, "a text is not UTF-8")

    /** Tables forbid what is missing here, so the file was changed by something else than SQLite. */
    private fun present(column: Int): SQLiteStatement {
        if (statement.isNull(column)) throw SqliteFailure(ResultCode.CORRUPT, "a value is missing")
        return statement
    }
}

private val CODE = Regex("Error code: ([0-9]+)")
private const val PRIMARY = 0xFF

private inline fun <T> translated(call: () -> T): T =
    try {
        call()
    } catch (e: RuntimeException) {
        val message = e.message ?: e.javaClass.name
        val code = CODE.find(message)?.groupValues?.get(1)?.toIntOrNull() ?: ResultCode.OTHER
        throw SqliteFailure(code and PRIMARY, message, e)
    }
