package org.memlora.store

import androidx.sqlite.SQLiteDriver
import java.io.File
import java.time.Instant
import org.memlora.errors.ContractException
import org.memlora.store.forms.bytesOf
import org.memlora.store.forms.sketchOf

// Beside each vector its sketch, numbered anew at every change: who knows the last number reads only what is newer.
private const val MEMORY_SKETCH =
    "INSERT OR REPLACE INTO memory_sketches (row_id, user_id, sketch) SELECT id, user_id, ? FROM memories WHERE id = ?"
private const val TURN_SKETCH =
    "INSERT OR REPLACE INTO turn_sketches (row_id, user_id, sketch) " +
        "SELECT turns.id, user_id, ? FROM turns JOIN exchanges ON exchanges.id = exchange_id WHERE turns.id = ?"

/** A table of vectors and the statement that logs a change of its sketches. */
internal enum class VectorTable(val table: String, val sketch: String) {
    MEMORIES("embeddings", MEMORY_SKETCH),
    TURNS("turn_embeddings", TURN_SKETCH),
}

/** A store file and its vectors. */
public abstract class VectorTables internal constructor(
    path: File,
    driver: SQLiteDriver,
    embedder: Embedder?,
    timeoutS: Double,
    clock: () -> Instant,
) : StoreFile(path, driver, embedder, timeoutS, clock) {
    /**
     * Every vector again with [embedder], and its name in the header, in one transaction; the number of vectors.
     *
     * [progress] is called with (done, all).
     */
    public fun reindex(embedder: Embedder, batch: Int = 32, progress: (Int, Int) -> Unit = { _, _ -> }): Int =
        writing {
            val memories =
                rows("SELECT id, text, state FROM memories WHERE state != 'deleted' ORDER BY id") {
                    Work(VectorTable.MEMORIES, it.long(0), it.text(1), it.text(2) == "live")
                }
            val turns =
                rows("SELECT id, speaker, text FROM turns ORDER BY id") {
                    Work(VectorTable.TURNS, it.long(0), searchable(it.text(1), it.text(2)), true)
                }
            for (table in VectorTable.entries) run("DELETE FROM ${table.table}")
            for ((key, value) in listOf("embedder.id" to embedder.id, "embedder.dimension" to embedder.dimension.toString())) {
                run("INSERT OR REPLACE INTO header (key, value) VALUES (?, ?)", key, value)
            }
            val work = memories + turns
            var done = 0
            for (part in work.chunked(batch)) {
                val vectors = embedder.embed(part.map { it.text })
                part.forEachIndexed { place, each -> putVector(each.table, each.owner, vectors[place], each.isLive) }
                done += part.size
                progress(done, work.size)
            }
            work.size
        }

    private class Work(val table: VectorTable, val owner: Long, val text: String, val isLive: Boolean)

    // Inside a transaction

    internal fun putVector(table: VectorTable, owner: Long, vector: FloatArray, isLive: Boolean = true) {
        val wanted = dimension()
        if (vector.size != wanted || vector.any { it.isNaN() || it.isInfinite() }) {
            throw ContractException("wrong vector: expected $wanted finite numbers, got ${vector.size}, or some that are not finite")
        }
        val stored = bytesOf(vector)
        run("INSERT OR REPLACE INTO ${table.table} VALUES (?, ?)", owner, stored)
        if (isLive) run(table.sketch, sketchOf(stored), owner)
    }

    /** The vector of what lives no more is read by no search of live rows. */
    internal fun hideVector(owner: Long, table: VectorTable = VectorTable.MEMORIES) {
        run(table.sketch, null, owner)
    }

    /** The reverse. */
    internal fun showVector(memory: Long) {
        for (vector in rows("SELECT vector FROM embeddings WHERE memory_id = ?", memory) { it.blob(0) }) {
            run(MEMORY_SKETCH, sketchOf(vector), memory)
        }
    }
}
