package org.memlora.retrieval

import org.memlora.errors.Reason
import org.memlora.errors.StoreException
import org.memlora.store.Kind
import org.memlora.store.Store
import org.memlora.store.forms.sketchBytes
import org.memlora.store.forms.sketchOf

// What became of a user's vectors since the last look: by the store's log, and what stands in no log. A sketch is
// optional. A vector whose sketch is missing, empty or of the wrong length is sketched as it is read; one that stands in
// no row of the log at all (another program wrote it) is looked for at the first look and whenever another connection
// has written.

/** The id of a row and its sketch; null: the row has no vector any more. */
internal class Change(val row: Long, val sketch: ByteArray?)

/** The changes after some number, and the number of the last one. */
internal class Logged(val last: Long, val changes: List<Change>)

private const val LIVE = "SELECT id FROM memories WHERE state = 'live' AND id"
private const val PAST = "SELECT id FROM memories WHERE user_id = ? AND state = 'past' ORDER BY id"

private fun logged(kind: Kind) =
    "SELECT change, row_id, sketch FROM ${kind.words}_sketches WHERE user_id = ? AND change > ? ORDER BY change"

private fun unlogged(kind: Kind) =
    if (kind == Kind.TURN) {
        "SELECT turns.id FROM exchanges JOIN turns ON exchange_id = exchanges.id WHERE user_id = ? " +
            "AND NOT EXISTS (SELECT 1 FROM turn_sketches WHERE row_id = turns.id)"
    } else {
        "SELECT id FROM memories WHERE user_id = ? AND state = 'live' " +
            "AND NOT EXISTS (SELECT 1 FROM memory_sketches WHERE row_id = memories.id)"
    }

private fun vectors(kind: Kind) =
    if (kind == Kind.TURN) {
        "SELECT turn_id, vector FROM turn_embeddings WHERE turn_id"
    } else {
        "SELECT memory_id, vector FROM embeddings WHERE memory_id"
    }

/** The last change's number and the rows that changed after number [after]. */
internal fun loggedChanges(store: Store, user: Long, kind: Kind, after: Long): Logged {
    val rows = store.rows(logged(kind), user, after) { Triple(it.long(0), it.long(1), it.blobOrNull(2)) }
    if (rows.isEmpty()) return Logged(after, emptyList())
    val size = sketchBytes(store.dimension())
    val bare = rows.filter { (_, _, sketch) -> sketch?.size != size }.map { (_, row, _) -> row }
    val made = sketched(store, kind, bare).associate { it.row to it.sketch }
    val changes = rows.map { (_, row, sketch) -> Change(row, if (sketch?.size == size) sketch else made[row]) }
    return Logged(rows.last().first, changes)
}

/** Rows with a vector that the log does not know. */
internal fun unloggedChanges(store: Store, user: Long, kind: Kind): List<Change> =
    sketched(store, kind, store.rows(unlogged(kind), user) { it.long(0) })

/** Ids of the user's past memories: they are few, so no sketches are held of them. */
internal fun pastRows(store: Store, user: Long): List<Long> = store.rows(PAST, user) { it.long(0) }

/** By id the vectors of rows, as float32 bytes; throws [StoreException] for one of another length than the header says. */
internal fun readVectors(store: Store, kind: Kind, ids: Collection<Long>): Map<Long, ByteArray> {
    if (ids.isEmpty()) return emptyMap()
    val wanted = Float.SIZE_BYTES * store.dimension()
    val found = store.rowsById(vectors(kind), ids) { it.long(0) to it.blob(1) }
    found.firstOrNull { it.second.size != wanted }?.let { (row, vector) ->
        throw StoreException(
            "the store ${store.path} is damaged: expected vectors of $wanted bytes, got ${vector.size} for ${kind.words} $row; " +
                "run `memlora reindex BUNDLE --store ${store.path}`",
            Reason.INVALID_VALUES,
        )
    }
    return found.toMap()
}

private fun sketched(store: Store, kind: Kind, ids: List<Long>): List<Change> {
    val live = if (kind == Kind.MEMORY && ids.isNotEmpty()) store.rowsById(LIVE, ids) { it.long(0) } else ids
    return readVectors(store, kind, live).map { (row, vector) -> Change(row, sketchOf(vector)) }
}
