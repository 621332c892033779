package org.memlora.store.sqlite

import androidx.sqlite.SQLiteConnection
import androidx.sqlite.SQLiteStatement

private const val KEPT = 48
private const val LOAD = 0.75f

/** The queries of a connection that were run lately, compiled: to compile one costs more than to run most. */
internal class CompiledQueries(private val connection: SQLiteConnection) {
    private val idle = LinkedHashMap<String, SQLiteStatement>(KEPT, LOAD, true)

    /** A statement of [sql] for one caller, until it is kept or closed. */
    fun take(sql: String): SQLiteStatement = idle.remove(sql) ?: connection.prepare(sql)

    /** Takes back a [statement] that ran to its end; it holds no row, lock or value while it waits. */
    fun keep(sql: String, statement: SQLiteStatement) {
        if (!sql.startsWith("SELECT ") || sql in idle) return statement.close()
        statement.reset()
        statement.clearBindings()
        idle[sql] = statement
        if (idle.size > KEPT) idle.remove(idle.keys.first())?.close()
    }

    fun close() {
        idle.values.forEach(SQLiteStatement::close)
        idle.clear()
    }
}
