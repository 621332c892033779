package org.memlora.store

import androidx.sqlite.SQLiteDriver
import java.io.File
import java.time.Instant
import java.time.LocalDate
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.store.forms.compose
import org.memlora.store.forms.normalise
import org.memlora.store.forms.wordsForm

private const val LIVE = "state = 'live'"
private const val LIVE_OR_PAST = "state IN ('live', 'past')"
private const val HOLDS =
    "state IN ('live', 'past') AND (state = 'live' OR valid_to IS NOT NULL) " +
        "AND coalesce(valid_from, '') <= ? AND coalesce(valid_to, '~') > ?"

/**
 * A store file and what is remembered: live memories, past ones that something newer ended, and their history.
 *
 * Every method names its user; an id of another user's memory is as unknown as one that was never given out. Texts are
 * kept in normal form C.
 */
public abstract class MemoryTables internal constructor(
    path: File,
    driver: SQLiteDriver,
    embedder: Embedder?,
    timeoutS: Double,
    clock: () -> Instant,
) : TurnTables(path, driver, embedder, timeoutS, clock) {
    /**
     * The user's live memories, oldest first; with [includePast] also those that something newer ended.
     *
     * With [at], those that held on that day, live or past: `validFrom <= at < validTo`, where an unknown beginning is long
     * ago and the open end of a live memory lies ahead. A past memory whose end is unknown held on no day that can be
     * told, so it is not among them.
     */
    public fun memories(userId: String, at: LocalDate? = null, includePast: Boolean = false): List<StoredMemory> {
        val states = if (at != null) HOLDS else states(includePast)
        val days = if (at != null) listOf(at.toString(), at.toString()) else emptyList()
        val sql = "$MEMORIES WHERE users.name = ? AND $states ORDER BY memories.id"
        return rows(sql, userId, *days.toTypedArray()) { toMemory(it) }
    }

    /** The user's live (or past) memory with this id. */
    public fun memory(userId: String, memoryId: Long, includePast: Boolean = false): StoredMemory? =
        memoriesById(userId, listOf(memoryId), includePast).firstOrNull()

    /** The user's live (or past) memories with these ids, in their order; an id without one is left out. */
    public fun memoriesById(userId: String, ids: List<Long>, includePast: Boolean = false): List<StoredMemory> {
        val sql = "$MEMORIES WHERE users.name = ? AND ${states(includePast)} AND memories.id"
        val found = rowsById(sql, ids, userId) { toMemory(it) }.associateBy { it.id }
        return ids.mapNotNull { found[it] }
    }

    /** The user's live memory with the same normalised text. */
    public fun findMemory(userId: String, text: String): StoredMemory? {
        val sql = "$MEMORIES WHERE users.name = ? AND $LIVE AND normal_text = ?"
        return rows(sql, userId, normalise(text)) { toMemory(it) }.firstOrNull()
    }

    /**
     * Every change of the user's memory and of those that it superseded, oldest first; empty for an unknown id.
     *
     * Also of a past one: `memoryId` of a row says which it is of.
     */
    public fun history(userId: String, memoryId: Long): List<HistoryRow> {
        val chain = if (isId(memoryId)) chain(memoryId) else emptyList()
        return rowsById("$HISTORY WHERE users.name = ? AND memory_id", chain, userId, read = ::toHistory).sortedBy { it.id }
    }

    /** The raw turns that the user's memory came from or was changed by, in the order they were said. */
    public fun provenance(userId: String, memoryId: Long): List<Turn> =
        turnsBehind(userId, listOf(memoryId))[memoryId] ?: emptyList()

    /** By a memory's id its turns, as [provenance], in one query; ids without turns of the user's are left out. */
    public fun turnsBehind(userId: String, ids: List<Long>): Map<Long, List<Turn>> {
        // + keeps the user's name from leading: from the memories to their turns, not through all turns of the user
        val sql = "$TURNS_BEHIND WHERE +users.name = ? AND memory_id"
        return rowsById(sql, ids, userId) { it.long(TURN_COLUMNS) to toTurn(it) }
            .sortedBy { (_, turn) -> turn.id }
            .groupBy({ it.first }, { it.second })
    }

    /**
     * By a turn's id the user's memories, live and past, that were taken from its exchange.
     *
     * Those that it only changed or ended are left out, and turns without any.
     */
    public fun takenFrom(userId: String, turns: List<Long>): Map<Long, List<StoredMemory>> =
        rowsById("$TAKEN_FROM AND +users.name = ? AND turn_id", turns, userId) { it.long(0) to toMemory(it, from = 1) }
            .groupBy({ it.first }, { it.second })

    /** By the id of a memory of the user's what it said before it got other words; those that never did are left out. */
    internal fun wordsBefore(userId: String, ids: Collection<Long>): Map<Long, List<String>> =
        rowsById("$HISTORY WHERE $REWORDED AND +users.name = ? AND memory_id", ids, userId, read = ::toHistory)
            .sortedBy { it.id }
            .groupBy({ it.memoryId }, { it.oldMemory.orEmpty() })

    /**
     * A new live memory, its vector `[D]`, its history and the turns it came from; its id.
     *
     * [day] is the day it was said, [source] who said it (null: unknown), [validFrom] the first day on which it holds
     * ([day] where it is not told) and [validTo] the first one on which it holds no more (null: open). [labels] is what
     * the application keeps beside it. Throws [ContractException] for values that a store does not take.
     */
    public fun addMemory(
        userId: String,
        text: String,
        day: LocalDate?,
        vector: FloatArray,
        turns: List<Long> = emptyList(),
        source: Source? = null,
        validFrom: LocalDate? = null,
        validTo: LocalDate? = null,
        labels: Labels = Labels(),
    ): Long {
        val composed = compose(text)
        val begins = validFrom ?: day
        if (begins != null && validTo != null && validTo < begins) {
            throw ContractException("wrong validity: expected an end after $begins, got $validTo")
        }
        labels.problem()?.let { throw ContractException("wrong labels: $it") }
        return writing {
            val (user, now) = putUser(userId) to now()
            val memory =
                insert(
                    "INSERT INTO memories (user_id, text, normal_text, said_on, created_at, updated_at, valid_from, " +
                        "valid_to, source, agent_id, run_id, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    user, composed, normalise(composed), day?.toString(), now, now, begins?.toString(),
                    validTo?.toString(), source?.words, labels.agentId, labels.runId, labels.metadataText(),
                )
            putWords(user, memory, composed)
            putVector(VectorTable.MEMORIES, memory, vector)
            putHistory(memory, null, composed, "ADD", now)
            putProvenance(memory, turns)
            memory
        }
    }

    /**
     * Other words for the same fact in a live memory, said on [day]; the old ones stay in its history alone.
     *
     * [source] is whose word it is from now on (null: whose it was). Throws [ConfigException] when the user has no live
     * memory with this id. For a newer fact see [supersede].
     */
    public fun updateMemory(
        userId: String,
        memoryId: Long,
        text: String,
        day: LocalDate?,
        vector: FloatArray,
        turns: List<Long> = emptyList(),
        source: Source? = null,
    ) {
        val composed = compose(text)
        writing {
            val (user, old) = owned(userId, memoryId, false)
            val now = now()
            run(
                "UPDATE memories SET text = ?, normal_text = ?, said_on = coalesce(?, said_on), updated_at = ?, " +
                    "source = coalesce(?, source) WHERE id = ?",
                composed, normalise(composed), day?.toString(), now, source?.words, memoryId,
            )
            dropWords(user, memoryId)
            putWords(user, memoryId, composed)
            putVector(VectorTable.MEMORIES, memoryId, vector)
            putHistory(memoryId, old.text, composed, "UPDATE", now)
            putProvenance(memoryId, turns)
        }
    }

    /**
     * A live memory is the word of [source] from now on, who said the same; its text, days and turns stay.
     *
     * Its history tells it as an UPDATE to the same text. Throws [ConfigException] as [updateMemory].
     */
    public fun attribute(userId: String, memoryId: Long, source: Source) {
        writing {
            val (_, old) = owned(userId, memoryId, false)
            val now = now()
            run("UPDATE memories SET source = ?, updated_at = ? WHERE id = ?", source.words, now, memoryId)
            putHistory(memoryId, old.text, old.text, "UPDATE", now)
        }
    }

    /**
     * A live memory becomes a past one: from [day] on (null: unknown) it holds no more, because of memory [by].
     *
     * [by] is the user's live or past memory that holds instead, or null when it was only taken back ("no longer").
     * [turns] are what said so. The past memory keeps id, text, vector, history and turns; it is listed, read and
     * searched only on request, and the same text may live again beside it. Throws [ConfigException] when the user has no
     * such memories, [ContractException] for a day before its first one.
     */
    public fun supersede(userId: String, memoryId: Long, by: Long?, day: LocalDate?, turns: List<Long> = emptyList()) {
        writing {
            val (user, old) = owned(userId, memoryId, false)
            if (by != null) owned(userId, by, true)
            if (by == memoryId || (day != null && old.validFrom != null && day < old.validFrom)) {
                throw ContractException(
                    "cannot end memory $memoryId: expected another memory and a day not before ${old.validFrom}, got memory $by and $day",
                )
            }
            val now = now()
            run(
                "UPDATE memories SET state = 'past', valid_to = coalesce(?, valid_to), superseded_by = ?, updated_at = ? WHERE id = ?",
                day?.toString(), by, now, memoryId,
            )
            dropWords(user, memoryId)
            putWords(user, memoryId, old.text, isPast = true)
            hideVector(memoryId)
            putHistory(memoryId, old.text, null, "SUPERSEDE", now)
            putProvenance(memoryId, turns)
        }
    }

    /** The memory's id and those of all that it superseded, over any number of steps; a circle ends. */
    private fun chain(memoryId: Long): List<Long> =
        rows(
            "WITH RECURSIVE chain (id) AS (SELECT ? UNION SELECT memories.id FROM memories JOIN chain " +
                "ON superseded_by = chain.id) SELECT id FROM chain",
            memoryId,
        ) { it.long(0) }

    // Inside a transaction

    /** The user's row and memory; throws [ConfigException] when the user has no live (or past) one with this id. */
    private fun owned(userId: String, memoryId: Long, includePast: Boolean): Pair<Long, StoredMemory> {
        val (user, memory) = userRow(userId) to memory(userId, memoryId, includePast)
        if (user == null || memory == null) {
            val kind = if (includePast) "live or past" else "live"
            throw ConfigException(
                "no memory $memoryId: expected the id of a $kind memory of $userId, got none; see `memlora search`",
            )
        }
        return user to memory
    }

    internal fun putWords(user: Long, memory: Long, text: String, isPast: Boolean = false) {
        run("INSERT INTO memory_words (rowid, text) VALUES (?, ?)", firstRow(user, isPast) + memory, wordsForm(text))
    }

    internal fun dropWords(user: Long, memory: Long, isPast: Boolean = false) {
        run("DELETE FROM memory_words WHERE rowid = ?", firstRow(user, isPast) + memory)
    }

    private fun putHistory(memory: Long, old: String?, new: String?, event: String, now: String) {
        val sql =
            "INSERT INTO history (memory_id, old_memory, new_memory, event, created_at, source) " +
                "SELECT id, ?, ?, ?, ?, source FROM memories WHERE id = ?"
        run(sql, old, new, event, now, memory)
    }

    private fun putProvenance(memory: Long, turns: List<Long>) {
        for (turn in turns) run("INSERT OR IGNORE INTO provenance (memory_id, turn_id) VALUES (?, ?)", memory, turn)
    }
}

private fun states(includePast: Boolean): String = if (includePast) LIVE_OR_PAST else LIVE
