package org.memlora.store.sqlite

import androidx.sqlite.SQLiteDriver
import java.io.File
import java.util.Locale
import org.memlora.errors.Reason
import org.memlora.errors.StoreException

private const val OBJECTS = "SELECT name, type, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
private const val COLUMNS = "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?)"
private const val STRICT = "SELECT strict FROM pragma_table_list(?) WHERE schema = 'main'"
private const val INDEXED = "SELECT name FROM pragma_index_info(?)"
private val SPACES = Regex("[ \t\r\n]+")

/** What an object of a database is: its kind first, then whatever makes it another one. */
private typealias Shape = List<Any?>

/**
 * Throws [StoreException] unless the file has the tables, columns and indexes that the migrations make, and no more.
 *
 * A trigger or view of another program could change what is written, and a table of its own would outlive forgetting.
 */
internal fun refuseOtherTables(connection: Connection, file: File, driver: SQLiteDriver) {
    val found = shapes(connection)
    val expected = Expected.shapes(driver)
    (expected.keys - found.keys).minOrNull()?.let { missing ->
        throw StoreException(
            "the store $file is damaged: expected the ${expected.getValue(missing)[0]} $missing, got none; restore it from a copy",
            Reason.UNLINKABLE_PARTS,
        )
    }
    val foreign = (found.keys - expected.keys).sorted()
    val changed = found.keys.filter { it in expected && found[it] != expected[it] }.sorted()
    (foreign + changed).firstOrNull()?.let { name ->
        val whose = if (name in foreign) "of another program" else "with another definition"
        throw StoreException(
            "the store $file is not as memlora makes it: expected its own tables alone, got ${found.getValue(name)[0]} $name " +
                "$whose; restore it from a copy",
            Reason.INVALID_VALUES,
        )
    }
}

private object Expected {
    private var known: Map<String, Shape>? = null

    /** Made once: every driver makes the same. */
    @Synchronized
    fun shapes(driver: SQLiteDriver): Map<String, Shape> = known ?: make(driver).also { known = it }

    private fun make(driver: SQLiteDriver): Map<String, Shape> {
        val connection = Connection.inMemory(driver)
        try {
            for (steps in MIGRATIONS) for (step in steps) runStep(connection, step)
            return shapes(connection)
        } finally {
            connection.close()
        }
    }
}

/** SQLite rewrites the text of an altered table, so tables are compared by their columns. */
private fun shapes(connection: Connection): Map<String, Shape> =
    connection
        .rows(OBJECTS, emptyList()) { listOf(it.text(0), it.text(1), it.text(2), it.textOrNull(3) ?: "") }
        .associate { (name, kind, table, sql) -> name to shape(connection, name, kind, table, sql) }

private fun shape(connection: Connection, name: String, kind: String, table: String, sql: String): Shape {
    val shown = sql.uppercase(Locale.ROOT)
    return when {
        kind == "table" && shown.startsWith("CREATE VIRTUAL") -> listOf(kind, sql)
        kind == "table" -> {
            val strict = connection.rows(STRICT, listOf(name)) { it.long(0) }.firstOrNull()
            listOf(kind, connection.rows(COLUMNS, listOf(name)) { it.values() }, strict)
        }
        kind == "index" -> {
            val condition = shown.substringAfter(" WHERE ", "")
            val columns = connection.rows(INDEXED, listOf(name)) { it.values() }
            listOf(kind, table, "UNIQUE" in shown.split(SPACES), columns, condition)
        }
        else -> listOf(kind)
    }
}
