package org.memlora.store

import androidx.sqlite.SQLiteDriver
import java.io.File
import java.io.IOException
import java.time.Instant
import org.memlora.errors.StoreException
import org.memlora.store.sqlite.MIGRATIONS
import org.memlora.store.sqlite.createPrivate
import org.memlora.store.sqlite.explained

/** The version of the store's format that is written, and the newest that is read. */
public val STORE_VERSION: Int get() = MIGRATIONS.size

private const val TIMEOUT_S = 30.0

/**
 * What is remembered, in the SQLite file [path] opened by [driver]: one format with Python (`docs/store-format.md`).
 *
 * Every change is one transaction, or part of the one around it. A first `embedder` is put into the header; null opens a
 * store whatever made its vectors.
 */
public class Store(
    path: File,
    driver: SQLiteDriver,
    embedder: Embedder?,
    timeoutS: Double = TIMEOUT_S,
    clock: () -> Instant = Instant::now,
) : PhotoTables(path, driver, embedder, timeoutS, clock) {
    init {
        try {
            finishErasing()
        } catch (e: Exception) {
            close()
            throw e
        }
    }

    /**
     * What is wrong with the store; empty when nothing is. Reads all of it while others wait to write.
     *
     * For a store that may not even open, call [checkStore].
     */
    public fun check(): List<Fault> = writing { faultsOf(this) }

    /**
     * Write a copy of the store as it is now to the new file [path], for its owner alone; others may go on writing.
     *
     * Throws [StoreException] where there is a file already or it cannot be written. A copy holds what the store held:
     * forgetting does not reach it.
     */
    public fun backup(path: File) {
        val folder = path.absoluteFile.parentFile
        if (path.exists() || folder?.isDirectory != true) {
            val got = if (path.exists()) "a file that is there" else "a folder that does not exist"
            throw StoreException("cannot copy the store to $path: expected a new file, got $got; name another")
        }
        val partial = File(folder, ".${path.name}.${System.nanoTime()}.partial")
        try {
            inTurn {
                explained(path) {
                    createPrivate(partial)
                    run("VACUUM INTO ?", partial.path)
                    if (!partial.renameTo(path)) throw IOException("no renaming of ${partial.name}")
                }
            }
        } finally {
            partial.delete()
        }
    }
}

/**
 * What is wrong with the store in [path], also when it does not open; an older one is migrated first.
 *
 * Throws [StoreException] when something else than the file is at fault, a lock or missing rights, and where no file is.
 */
public fun checkStore(path: File, driver: SQLiteDriver, timeoutS: Double = TIMEOUT_S): List<Fault> {
    if (!path.isFile) throw StoreException("no store $path: expected a file, got none; name another")
    return try {
        Store(path, driver, null, timeoutS).use { it.check() }
    } catch (e: StoreException) {
        listOf(Fault(e.reason ?: throw e, e.message ?: ""))
    }
}
