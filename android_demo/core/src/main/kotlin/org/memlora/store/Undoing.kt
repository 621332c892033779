package org.memlora.store

import org.memlora.errors.ConfigException
import org.memlora.store.forms.normalise

/** Takes one exchange of [user] back, inside the transaction of [store]. */
internal class Undoing(private val store: ForgettingTables, private val userId: String, private val user: Long) {
    fun undo(exchange: Long, since: String, embed: (List<String>) -> List<FloatArray>): Undone {
        val said = store.rows("SELECT text FROM turns WHERE exchange_id = ? ORDER BY id", exchange) { it.text(0) }
        val touched = "SELECT DISTINCT memory_id FROM provenance JOIN turns ON turn_id = turns.id WHERE exchange_id = ?"
        val saidAgain =
            "SELECT DISTINCT memory_id FROM history JOIN memories ON memories.id = memory_id WHERE user_id = ? AND " +
                "event = 'UPDATE' AND old_memory = new_memory AND history.created_at >= ?"
        val memories = (store.ids(touched, exchange) + store.ids(saidAgain, user, since)).distinct()
        val changes = memories.associateWith { changes(it, since) }
        val added = changes.filterValues { it.earlier.isEmpty() }.keys + rests(changes.keys).filter { changes(it, since).earlier.isEmpty() }
        store.dropMemories(user, added.toList())
        store.dropExchanges(user, listOf(exchange))
        val restored = changes.filterValues { it.since.isNotEmpty() && it.earlier.isNotEmpty() }
        for ((memory, changed) in restored) takeBack(memory, changed, embed)
        store.dropUnused(user)
        val isEmpty = listOf("exchanges", "memories").all { store.ids("SELECT id FROM $it WHERE user_id = ? LIMIT 1", user).isEmpty() }
        if (isEmpty) store.dropUser(user)
        store.dropDeadWords()
        return Undone(said, added.toList(), restored.keys.toList())
    }

    /** A memory's history from a moment on, and before it, each oldest first. */
    private class Changes(val since: List<HistoryRow>, val earlier: List<HistoryRow>)

    private fun changes(memory: Long, since: String): Changes {
        val rows = store.rows("$HISTORY WHERE memory_id = ? ORDER BY history.id", memory, read = ::toHistory)
        val place = rows.indexOfLast { it.createdAt < since } + 1
        return Changes(rows.drop(place), rows.take(place))
    }

    /** What holds instead of the past ones of [memories] and is none of them: sentences of theirs that held on. */
    private fun rests(memories: Collection<Long>): List<Long> {
        val given = listText(memories)
        return store.ids("SELECT superseded_by FROM memories WHERE id $IDS AND NOT superseded_by $IDS", given, given)
    }

    /** The memory as it was after its earlier history. */
    private fun takeBack(memory: Long, changes: Changes, embed: (List<String>) -> List<FloatArray>) {
        val text = changes.since.firstNotNullOfOrNull { it.oldMemory } ?: ""
        val same = store.findMemory(userId, text)
        if (same != null && same.id != memory) {
            throw ConfigException(
                "cannot undo: expected memory $memory to say something of its own again, got ${same.id}'s words; " +
                    "edit or forget ${same.id} first",
            )
        }
        val day =
            "SELECT substr(date, 1, 10) FROM sessions JOIN exchanges ON session_id = sessions.id JOIN turns ON " +
                "exchange_id = exchanges.id JOIN provenance ON turn_id = turns.id WHERE memory_id = ? AND date IS NOT NULL " +
                "ORDER BY turn_id DESC LIMIT 1"
        val isReworded = changes.since.any { it.event == "UPDATE" && it.oldMemory != it.newMemory }
        store.run(
            "UPDATE memories SET state = 'live', text = ?, normal_text = ?, valid_to = NULL, superseded_by = NULL, " +
                "said_on = iif(?, coalesce(($day), valid_from), said_on), updated_at = ?, source = ? WHERE id = ?",
            text, normalise(text), isReworded, memory, changes.earlier.last().createdAt, changes.earlier.last().source?.words, memory,
        )
        store.run("DELETE FROM history WHERE id $IDS", listText(changes.since.map { it.id }))
        for (isPast in listOf(false, true)) store.dropWords(user, memory, isPast)
        store.putWords(user, memory, text)
        if (isReworded) store.putVector(VectorTable.MEMORIES, memory, embed(listOf(text)).single()) else store.showVector(memory)
    }
}
