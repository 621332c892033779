package org.memlora.store

import androidx.sqlite.SQLiteDriver
import java.io.File
import java.time.Instant
import org.memlora.errors.ContractException
import org.memlora.errors.StoreException
import org.memlora.store.sqlite.explained
import org.memlora.store.sqlite.waitFor

private const val PENDING = "erase.pending"
internal const val IDS = "IN (SELECT value FROM json_each(?))"

/** A store file whose rows can go, and with them their bytes in every file of the store. */
public abstract class ErasingTables internal constructor(
    path: File,
    driver: SQLiteDriver,
    embedder: Embedder?,
    timeoutS: Double,
    clock: () -> Instant,
) : MemoryTables(path, driver, embedder, timeoutS, clock) {
    /** Write every file of the store anew, without what was deleted; throws [StoreException] while others read it. */
    public fun erase() {
        inTurn {
            explained(path) {
                run("VACUUM")
                if (connection.rows("PRAGMA wal_checkpoint(TRUNCATE)", emptyList()) { it.long(0) }.single() != 0L) {
                    throw StoreException(
                        "forgotten, but bytes of it still lie in $path-wal: expected no other reader, got one that does not " +
                            "end; end it and open the store again",
                    )
                }
                run("DELETE FROM header WHERE key = ?", PENDING)
            }
        }
    }

    /** What [erase] could not do while others read, or before it was killed; without waiting for anyone. */
    internal fun finishErasing() {
        if (PENDING !in header()) return
        try {
            explained(path) { waitFor(connection, 0.0) }
            erase()
        } catch (_: StoreException) {
            return // still read by others: the header goes on saying so
        } finally {
            explained(path) { waitFor(connection, timeoutS) }
        }
    }

    internal fun refuseInsideABlock() {
        if (inTurn { explained(path) { connection.isInTransaction } }) {
            throw ContractException("cannot forget inside a block: expected no transaction, got one; forget after it")
        }
    }

    // Inside a transaction

    /** Sessions without an exchange, speakers without a turn, photos without an exchange; the ids of these. */
    internal fun dropUnused(user: Long): List<Long> {
        run(
            "DELETE FROM sessions WHERE user_id = ? AND NOT EXISTS (SELECT 1 FROM exchanges WHERE session_id = sessions.id)",
            user,
        )
        run(
            "DELETE FROM speakers WHERE user_id = ? AND NOT EXISTS (SELECT 1 FROM turns JOIN exchanges " +
                "ON exchanges.id = exchange_id WHERE user_id = speakers.user_id AND speaker = speakers.name)",
            user,
        )
        val photos = ids("SELECT id FROM photos WHERE user_id = ? AND id NOT IN (SELECT photo_id FROM exchange_photos)", user)
        run("DELETE FROM photo_embeddings WHERE photo_id $IDS", listText(photos))
        run("DELETE FROM photos WHERE id $IDS", listText(photos))
        return photos
    }

    internal fun dropUser(user: Long): Forgotten {
        val memories = ids("SELECT id FROM memories WHERE user_id = ?", user)
        val exchanges = ids("SELECT id FROM exchanges WHERE user_id = ?", user)
        dropMemories(user, memories)
        val turns = dropExchanges(user, exchanges)
        val photos = dropUnused(user)
        for (table in listOf("sessions", "speakers", "memory_sketches", "turn_sketches")) {
            run("DELETE FROM $table WHERE user_id = ?", user)
        }
        run("DELETE FROM users WHERE id = ?", user)
        return Forgotten(memories, turns, photos = photos)
    }

    internal fun dropMemories(user: Long, memories: List<Long>) {
        val named = listText(memories)
        for (memory in memories) {
            hideVector(memory)
            for (isPast in listOf(false, true)) dropWords(user, memory, isPast)
        }
        for (table in listOf("history", "embeddings", "provenance")) run("DELETE FROM $table WHERE memory_id $IDS", named)
        run("UPDATE memories SET superseded_by = NULL WHERE superseded_by $IDS", named)
        run("DELETE FROM memories WHERE id $IDS", named)
    }

    /** The turns of the exchanges go too; their ids. Photos stay until [dropUnused]. */
    internal fun dropExchanges(user: Long, exchanges: List<Long>): List<Long> {
        val turns = ids("SELECT id FROM turns WHERE exchange_id $IDS", listText(exchanges))
        for (turn in turns) {
            hideVector(turn, VectorTable.TURNS)
            run("DELETE FROM turn_words WHERE rowid = ?", firstRow(user) + turn)
        }
        for (table in listOf("turn_embeddings", "provenance")) run("DELETE FROM $table WHERE turn_id $IDS", listText(turns))
        run("DELETE FROM turns WHERE id $IDS", listText(turns))
        run("DELETE FROM exchange_photos WHERE exchange_id $IDS", listText(exchanges))
        run("DELETE FROM exchanges WHERE id $IDS", listText(exchanges))
        return turns
    }

    /** FTS5 keeps words of deleted rows until it merges: the index is made anew from the rows that are left. */
    internal fun dropDeadWords() {
        for (table in listOf("memory_words", "turn_words")) run("INSERT INTO $table ($table) VALUES ('rebuild')")
        run("INSERT OR REPLACE INTO header (key, value) VALUES (?, '1')", PENDING)
    }

    internal fun ids(sql: String, vararg values: Any?): List<Long> = rows(sql, *values) { it.long(0) }.sorted()
}
