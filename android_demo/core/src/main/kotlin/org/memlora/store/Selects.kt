package org.memlora.store

import org.memlora.errors.Reason
import org.memlora.errors.StoreException
import org.memlora.store.sqlite.Row

private const val MEMORY =
    "memories.id, users.name, memories.text, said_on, created_at, updated_at, state, valid_from, valid_to, " +
        "superseded_by, source, agent_id, run_id, metadata"
internal const val MEMORIES = "SELECT $MEMORY FROM memories JOIN users ON users.id = user_id"
private const val SAID =
    "FROM turns JOIN exchanges ON exchanges.id = exchange_id JOIN sessions ON sessions.id = session_id " +
        "JOIN users ON users.id = exchanges.user_id"
private const val TURN = "turns.id, role, speaker, text, sessions.date"
internal const val TURNS = "SELECT $TURN $SAID"
internal const val TURNS_BEHIND = "SELECT $TURN, memory_id $SAID JOIN provenance ON turn_id = turns.id"
internal const val TURNS_WITH =
    "SELECT $TURN, photo_id $SAID JOIN (SELECT exchange_id AS came_with, photo_id FROM exchange_photos) " +
        "ON came_with = exchanges.id"
internal const val TURN_COLUMNS = 5

/** Memories by the turns of the exchange that they were taken from, not of one that changed them later. */
internal const val TAKEN_FROM =
    "SELECT turn_id, $MEMORY FROM provenance JOIN turns ON turns.id = turn_id " +
        "JOIN memories ON memories.id = memory_id JOIN users ON users.id = user_id WHERE exchange_id = (SELECT " +
        "min(exchange_id) FROM provenance AS own JOIN turns ON turns.id = own.turn_id WHERE own.memory_id = memories.id)"
internal const val HISTORY =
    "SELECT history.id, memory_id, old_memory, new_memory, event, history.created_at, history.source FROM history " +
        "JOIN memories ON memories.id = memory_id JOIN users ON users.id = user_id"
internal const val REWORDED = "event = 'UPDATE' AND old_memory IS NOT new_memory"

/** From a row of [MEMORIES], whose columns begin at [from]. */
internal fun toMemory(row: Row, from: Int = 0): StoredMemory {
    var column = from
    return StoredMemory(
        id = row.long(column++),
        userId = row.text(column++),
        text = row.text(column++),
        day = storedDay(row.textOrNull(column++)),
        createdAt = row.text(column++),
        updatedAt = row.text(column++),
        isPast = row.text(column++) == "past",
        validFrom = storedDay(row.textOrNull(column++)),
        validTo = storedDay(row.textOrNull(column++)),
        supersededBy = row.longOrNull(column++),
        source = row.textOrNull(column++)?.let(::sourceOf),
        labels = Labels(row.textOrNull(column++), row.textOrNull(column++), metadataOf(row.textOrNull(column))),
    )
}

private fun sourceOf(words: String): Source =
    Source.entries.firstOrNull { it.words == words } ?: throw StoreException(
        "the store is damaged: expected a source of a memory, got '$words'; run `memlora store check`",
        Reason.INVALID_VALUES,
    )

private fun metadataOf(text: String?) =
    if (text == null) {
        emptyMap()
    } else {
        readMetadata(text) ?: throw StoreException(
            "the store is damaged: expected metadata as a JSON object, got another text; run `memlora store check`",
            Reason.INVALID_VALUES,
        )
    }

/** From a row of [TURNS], [TURNS_BEHIND] or [TURNS_WITH]. */
internal fun toTurn(row: Row): Turn = Turn(row.long(0), row.text(1), row.text(2), row.text(3), storedDay(row.textOrNull(4)))

/** From a row of [HISTORY]. */
internal fun toHistory(row: Row): HistoryRow =
    HistoryRow(
        row.long(0),
        row.long(1),
        row.textOrNull(2),
        row.textOrNull(3),
        row.text(4),
        row.text(5),
        row.textOrNull(6)?.let(::sourceOf),
    )
