package org.memlora.store

import androidx.sqlite.SQLiteDriver
import java.io.Closeable
import java.io.File
import java.time.Instant
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.ReentrantLock
import org.memlora.errors.Reason
import org.memlora.errors.StoreException
import org.memlora.store.sqlite.Connection
import org.memlora.store.sqlite.Row
import org.memlora.store.sqlite.boundLog
import org.memlora.store.sqlite.explained
import org.memlora.store.sqlite.openConnection

private const val LARGEST_ID = (1L shl 31) - 1
private const val MS = 1000
private val DIMENSION = Regex("[0-9]{1,7}")

/** Whether a row can have this id. */
internal fun isId(row: Long): Boolean = row in 1..LARGEST_ID

/**
 * One connection to one store file. Changes run inside [writing]; those of one block stand or fall together.
 *
 * Any thread may use it: a lock lets one in at a time, for a whole [writing] or [reading] block, and the others wait as
 * they wait for another process, `timeoutS` at most. `clock` gives the time stamps. Throws [StoreException] for a file
 * that is no store of this embedder.
 */
public abstract class StoreFile internal constructor(
    /** Where the store lies. */
    public val path: File,
    driver: SQLiteDriver,
    embedder: Embedder?,
    internal val timeoutS: Double,
    private val clock: () -> Instant,
) : Closeable {
    private val lock = ReentrantLock()
    internal val connection: Connection = openConnection(driver, path, timeoutS)
    private var isWriting = false

    /** How often changes were taken back: what was read before the last time may never have been. */
    @Volatile
    public var rollbacks: Int = 0
        private set

    init {
        if (embedder != null) {
            try {
                claim(embedder)
            } catch (e: Exception) {
                close()
                throw e
            }
        }
    }

    /** Close the file; the store cannot be used afterwards. */
    override fun close() {
        inTurn { explained(path) { connection.close() } }
    }

    /** What [block] gives, in a transaction that holds the write lock from its first line; inside another one, a part of that. */
    public fun <T> writing(block: () -> T): T =
        inTurn {
            if (isWriting) {
                block()
            } else {
                explained(path) {
                    boundLog(connection, path)
                    connection.run("BEGIN IMMEDIATE")
                    isWriting = true
                    try {
                        block().also { connection.run("COMMIT") }
                    } catch (e: Throwable) {
                        rollbacks++
                        if (connection.isInTransaction) connection.run("ROLLBACK") // a full disk has already rolled back
                        throw e
                    } finally {
                        isWriting = false
                    }
                }
            }
        }

    /** What [block] gives: every SELECT inside sees the same state of the store, whatever others write meanwhile. */
    public fun <T> reading(block: () -> T): T =
        inTurn {
            explained(path) {
                if (connection.isInTransaction) {
                    block()
                } else {
                    connection.run("BEGIN")
                    try {
                        block()
                    } finally {
                        connection.run("COMMIT")
                    }
                }
            }
        }

    /** This thread's turn; a block of another thread is waited for as another process is. */
    internal fun <T> inTurn(block: () -> T): T {
        if (!lock.tryLock((timeoutS * MS).toLong(), TimeUnit.MILLISECONDS)) {
            throw StoreException(
                "the store $path is locked: expected the other thread to finish within $timeoutS s, got no end of its block; try again",
            )
        }
        try {
            return block()
        } finally {
            lock.unlock()
        }
    }

    /** What [read] makes of each row of one SELECT. */
    internal fun <T> rows(sql: String, vararg values: Any?, read: (Row) -> T): List<T> =
        inTurn { explained(path) { connection.rows(sql, values.asList(), read = read) } }

    /** The rows of a SELECT that ends in the name of an id column, for any number of [ids], in no order. */
    internal fun <T> rowsById(sql: String, ids: Collection<Long>, vararg values: Any?, read: (Row) -> T): List<T> =
        rows("$sql IN (SELECT value FROM json_each(?))", *values, listText(ids.filter(::isId)), read = read)

    /** What the store says of itself: `embedder.id`, `embedder.dimension`, `erase.pending`. */
    public fun header(): Map<String, String> = rows("SELECT key, value FROM header") { it.text(0) to it.text(1) }.toMap()

    /** How many numbers a vector has; throws [StoreException] for a store that no embedder ever opened. */
    public fun dimension(): Int {
        val found = header()["embedder.dimension"] ?: ""
        if (!DIMENSION.matches(found)) {
            throw StoreException(
                "the store $path names no embedder: expected the dimension of vectors, got '$found'; " +
                    "run `memlora reindex BUNDLE --store $path`",
                Reason.INVALID_VALUES,
            )
        }
        return found.toInt()
    }

    private fun claim(embedder: Embedder) {
        val wanted = mapOf("embedder.id" to embedder.id, "embedder.dimension" to embedder.dimension.toString())
        var found = header()
        if (wanted.keys.none { it in found }) {
            writing {
                for ((key, value) in wanted) run("INSERT OR IGNORE INTO header (key, value) VALUES (?, ?)", key, value)
            }
            found = header()
        }
        if (wanted.any { (key, value) -> found[key] != value }) {
            throw StoreException(
                "the vectors in $path are another embedder's: expected ${shown(wanted)}, got ${shown(found)}; " +
                    "run `memlora reindex BUNDLE --store $path`",
                Reason.UNLINKABLE_PARTS,
            )
        }
    }

    /** The row id of a user, whose id is compared as it is, byte by byte; null: nothing is stored of that user. */
    internal fun userRow(userId: String): Long? = rows("SELECT id FROM users WHERE name = ?", userId) { it.long(0) }.firstOrNull()

    // Inside a transaction

    internal fun run(sql: String, vararg values: Any?) {
        connection.run(sql, *values)
    }

    /** The id of the row that one INSERT made. */
    internal fun insert(sql: String, vararg values: Any?): Long {
        connection.run(sql, *values)
        return connection.lastId()
    }

    internal fun now(): String = isoText(clock())
}

/** Ids as the JSON list that statements take. */
internal fun listText(ids: Collection<Long>): String = ids.joinToString(",", "[", "]")

private fun shown(header: Map<String, String>): String =
    "${header["embedder.id"] ?: "none"} with ${header["embedder.dimension"] ?: "no"} numbers"
