package org.memlora.store.sqlite

import androidx.sqlite.SQLiteDriver
import java.io.File
import org.memlora.errors.Reason
import org.memlora.errors.StoreException

internal const val APPLICATION_ID = 0x4D4C5241L // "MLRA"
internal const val LOG_LIMIT_BYTES = 256L shl 20 // beside a reader that does not end, nothing more is written
private const val LOG_KEPT_BYTES = 16L shl 20 // what is left of a log that was longer
private const val LOCK_RETRY_MS = 50L
private const val NANOS = 1_000_000_000L

/**
 * A connection in autocommit to the store in [file], made or migrated when needed, readable by its owner alone.
 *
 * Throws [StoreException] for a file that is no store, a store of a newer version, or one that cannot be opened.
 */
internal fun openConnection(driver: SQLiteDriver, file: File, timeoutS: Double): Connection {
    val isFolder = file.isDirectory
    if (isFolder || !(file.absoluteFile.parentFile?.isDirectory ?: false)) {
        val got = if (isFolder) "a folder" else "a file in a folder that does not exist"
        throw StoreException("cannot open the store $file: expected a file in an existing folder, got $got; name another")
    }
    return explained(file) {
        keepPrivate(file)
        val connection = Connection.open(driver, file)
        try {
            prepare(connection, driver, file, timeoutS)
        } catch (e: Exception) {
            connection.close()
            throw e
        }
        connection
    }
}

private fun prepare(connection: Connection, driver: SQLiteDriver, file: File, timeoutS: Double) {
    waitFor(connection, timeoutS)
    for (setting in listOf(
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "secure_delete = ON",
        "synchronous = FULL",
        "foreign_keys = ON",
        "journal_size_limit = $LOG_KEPT_BYTES",
    )) {
        connection.run("PRAGMA $setting")
    }
    checkIdentity(connection, file)
    if (version(connection) < MIGRATIONS.size) migrate(connection, file)
    refuseOtherTables(connection, file, driver)
    useWriteAheadLog(connection, timeoutS)
}

/** How long SQLite waits for another connection's lock. */
internal fun waitFor(connection: Connection, timeoutS: Double) {
    connection.run("PRAGMA busy_timeout = ${(timeoutS * 1000).toLong()}")
}

/** Throws [StoreException] while the log of the store is beyond its limit and a reader keeps it from shrinking. */
internal fun boundLog(connection: Connection, file: File) {
    val log = logOf(file)
    if (log.length() <= LOG_LIMIT_BYTES) return
    connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
    if (log.length() > LOG_LIMIT_BYTES) {
        throw StoreException(
            "the log of $file has grown to ${log.length() shr 20} MB: expected it to be taken up, got a reader that does " +
                "not end; end it and try again, nothing is lost",
        )
    }
}

private fun version(connection: Connection): Long = number(connection, "PRAGMA user_version")

private fun number(connection: Connection, sql: String): Long = connection.rows(sql, emptyList()) { it.long(0) }.single()

private fun checkIdentity(connection: Connection, file: File) {
    val found = number(connection, "PRAGMA application_id")
    val tables = number(connection, "SELECT count(*) FROM sqlite_schema")
    val version = version(connection)
    if (tables == 0L && connection.rows("PRAGMA journal_mode", emptyList()) { it.text(0) }.single() == "wal") {
        throw StoreException(
            "the store $file is empty: expected its log $file-wal, got none; put it back, or delete the store to begin anew",
            Reason.UNLINKABLE_PARTS,
        )
    }
    if (found != APPLICATION_ID && (found != 0L || tables != 0L)) {
        throw StoreException(
            "cannot open the store $file: expected a memlora store, got a database of another program; name another",
            Reason.INVALID_VALUES,
        )
    }
    if (version > MIGRATIONS.size) {
        throw StoreException(
            "cannot open the store $file: expected schema version ${MIGRATIONS.size} or older, got $version; use a newer memlora",
            Reason.INVALID_VALUES,
        )
    }
    if ((version < 1) == (tables != 0L)) {
        throw StoreException(
            "the store $file is damaged: expected a schema version that fits its $tables tables and indexes, got $version; " +
                "restore it from a copy",
            Reason.INVALID_VALUES,
        )
    }
}

/** SQLite's own waiting does not cover the switch to the log when two processes make it at once. */
private fun useWriteAheadLog(connection: Connection, timeoutS: Double) {
    val deadline = System.nanoTime() + (timeoutS * NANOS).toLong()
    while (true) {
        try {
            connection.run("PRAGMA journal_mode = WAL")
            return
        } catch (e: SqliteFailure) {
            if (e.code != ResultCode.BUSY || System.nanoTime() > deadline) throw e
            Thread.sleep(LOCK_RETRY_MS)
        }
    }
}

/** A new store gets its tables before it gets a log, so that the file alone is a store from the first moment. */
private fun migrate(connection: Connection, file: File) {
    connection.run("BEGIN IMMEDIATE")
    try {
        checkIdentity(connection, file) // another process may have been first
        for (version in version(connection).toInt() until MIGRATIONS.size) {
            for (step in MIGRATIONS[version]) runStep(connection, step)
            connection.run("PRAGMA user_version = ${version + 1}")
        }
        connection.run("PRAGMA application_id = $APPLICATION_ID")
        connection.run("COMMIT")
    } catch (e: Exception) {
        if (connection.isInTransaction) connection.run("ROLLBACK") // a full disk has already rolled back
        throw e
    }
}
