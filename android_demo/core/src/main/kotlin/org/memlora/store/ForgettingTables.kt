package org.memlora.store

import androidx.sqlite.SQLiteDriver
import java.io.File
import java.time.Instant
import org.memlora.errors.ConfigException
import org.memlora.store.forms.compose

/**
 * A store file whose memories can be forgotten.
 *
 * With a memory go its history, vector, sketch, words and provenance, and each exchange that it came from or was changed
 * by, if no other live memory came from that exchange: its turns with vectors and words, its key and reason. A past
 * memory goes with the last exchange that it came from, and with sentences of it that held on. Names of speakers and
 * sessions go with their last turn, a photo with the last exchange that it came with. What is left is written anew and the log is emptied, so no file of the store holds
 * a byte of what was forgotten.
 */
public abstract class ForgettingTables internal constructor(
    path: File,
    driver: SQLiteDriver,
    embedder: Embedder?,
    timeoutS: Double,
    clock: () -> Instant,
) : ErasingTables(path, driver, embedder, timeoutS, clock) {
    /**
     * Forget memories of the user, live or past.
     *
     * Throws [ConfigException] for an id that is not the user's, nothing is forgotten then; `StoreException` when another
     * reader keeps the old bytes alive: what is forgotten is found by no one any more, and its bytes go when the store is
     * next opened without that reader, or with [erase].
     */
    public fun forgetMemories(userId: String, ids: List<Long>): Forgotten {
        refuseInsideABlock()
        val forgotten =
            writing {
                val (user, wanted) = userRow(userId) to ids.distinct().sorted()
                val sql = "SELECT id FROM memories WHERE user_id = ? AND id"
                val missing = wanted - rowsById(sql, wanted, user) { it.long(0) }.toSet()
                if (user == null || missing.isNotEmpty()) {
                    throw ConfigException(
                        "no memory ${missing.minOrNull() ?: ""}: expected the id of a memory of $userId, got none; see `memlora search`",
                    )
                }
                forget(user, cutFor(wanted))
            }
        erase()
        return forgotten
    }

    /**
     * Forget what was said in a session of the user, and the memories that came of it or were reworded by it.
     *
     * A memory of another session that this one only ended stays a past one. Without [withMemories] none goes, and the
     * words that one came from or was changed by stay with it: what gave no memory and had no photo is forgotten.
     * Throws [ConfigException] for a session that is not the user's, and as above.
     */
    @JvmOverloads
    public fun forgetSession(userId: String, session: String, withMemories: Boolean = true): Forgotten =
        forgetSessions(userId, listOf(session), withMemories)

    /** As [forgetSession] for several at once, all or none of them; nothing for none. */
    @JvmOverloads
    public fun forgetSessions(userId: String, sessions: List<String>, withMemories: Boolean = true): Forgotten {
        refuseInsideABlock()
        if (sessions.isEmpty()) return Forgotten(emptyList(), emptyList())
        val forgotten =
            writing {
                val user = userRow(userId)
                val named = "SELECT id FROM exchanges WHERE session_id = (SELECT id FROM sessions WHERE user_id = ? AND name = ?)"
                val said = sessions.distinct().flatMap { session ->
                    ids(named, user, compose(session)).ifEmpty {
                        throw ConfigException(
                            "no session $session: expected one in which $userId said something, got another; nothing was forgotten",
                        )
                    }
                }
                checkNotNull(user) { "a session without a user" }
                if (withMemories) forgetSaid(user, said) else forgetIdle(user, said)
            }
        erase()
        return forgotten
    }

    /** Forget everything of the user, the name too. Throws [ConfigException] for an unknown user, and as above. */
    public fun forgetUser(userId: String): Forgotten {
        refuseInsideABlock()
        val forgotten =
            writing {
                val user =
                    userRow(userId) ?: throw ConfigException(
                        "no user $userId: expected one who is stored, got another; nothing was forgotten",
                    )
                dropUser(user).also { dropDeadWords() }
            }
        erase()
        return forgotten
    }

    /** Forget everything of every user; ids are not used again. Throws as above. */
    public fun forgetEveryone() {
        refuseInsideABlock()
        writing {
            for (user in ids("SELECT id FROM users")) dropUser(user)
            dropDeadWords()
        }
        erase()
    }

    /**
     * Take back the user's newest exchange: what it said and added is forgotten, what it changed is as before it.
     *
     * Edits by hand that such a memory had since are taken back too. [embed] gives vectors `[D]` for texts that hold
     * again. Throws [ConfigException] for a user without an exchange, or where a memory that was ended would say what
     * another one says now; nothing is changed then. `StoreException` as above.
     */
    public fun undo(userId: String, embed: (List<String>) -> List<FloatArray>): Undone {
        refuseInsideABlock()
        val undone =
            writing {
                val user = userRow(userId)
                val newest = "SELECT id, created_at FROM exchanges WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT 1"
                val (exchange, since) =
                    rows(newest, user) { it.long(0) to it.text(1) }.firstOrNull() ?: throw ConfigException(
                        "nothing to undo: expected something that $userId said, got nothing",
                    )
                Undoing(this, userId, checkNotNull(user)).undo(exchange, since, embed)
            }
        erase()
        return undone
    }

    // Inside a transaction

    /** [memories] and the past ones whose sentences they are: those hold instead and came from the same exchange. */
    private fun cutFor(memories: List<Long>): List<Long> {
        fun first(memory: String) =
            "(SELECT min(exchange_id) FROM provenance JOIN turns ON turns.id = turn_id WHERE memory_id = $memory)"
        return ids(
            "WITH RECURSIVE cut (id) AS (SELECT value FROM json_each(?) UNION SELECT memories.id FROM memories " +
                "JOIN cut ON superseded_by = cut.id WHERE ${first("memories.id")} = ${first("cut.id")}) SELECT id FROM cut",
            listText(memories),
        )
    }

    /** The exchanges with what came of them or was reworded by them. */
    internal fun forgetSaid(user: Long, exchanges: List<Long>): Forgotten {
        val own =
            "SELECT DISTINCT memory_id FROM provenance AS own JOIN turns ON turns.id = turn_id JOIN memories ON " +
                "memories.id = memory_id WHERE exchange_id $IDS AND (state = 'live' OR exchange_id = (SELECT " +
                "min(exchange_id) FROM provenance JOIN turns ON turns.id = turn_id WHERE memory_id = own.memory_id) OR " +
                "EXISTS (SELECT 1 FROM history WHERE memory_id = own.memory_id AND $REWORDED))"
        return forget(user, cutFor(ids(own, listText(exchanges))), exchanges)
    }

    /** Those of the exchanges that no memory came from or was changed by, and no photo came with. */
    private fun forgetIdle(user: Long, exchanges: List<Long>): Forgotten {
        val behind =
            "SELECT exchange_id FROM turns JOIN provenance ON turn_id = turns.id WHERE exchange_id $IDS " +
                "UNION SELECT exchange_id FROM exchange_photos WHERE exchange_id $IDS"
        val kept = ids(behind, listText(exchanges), listText(exchanges))
        val keptTurns = ids("SELECT id FROM turns WHERE exchange_id $IDS", listText(kept))
        val turns = dropExchanges(user, exchanges - kept.toSet())
        dropUnused(user)
        dropDeadWords()
        return Forgotten(emptyList(), turns, keptTurns)
    }

    /** Memories with the exchanges behind them, and [exchanges], where no other live memory came from those. */
    private fun forget(user: Long, memories: List<Long>, exchanges: List<Long> = emptyList()): Forgotten {
        val behind = "SELECT DISTINCT exchange_id FROM turns JOIN provenance ON turn_id = turns.id WHERE memory_id $IDS"
        val touched = (exchanges + ids(behind, listText(memories))).distinct().sorted()
        val needed =
            "SELECT DISTINCT exchange_id FROM turns JOIN provenance ON turn_id = turns.id JOIN memories ON " +
                "memories.id = memory_id WHERE state = 'live' AND NOT memory_id $IDS AND exchange_id $IDS"
        val kept = ids(needed, listText(memories), listText(touched))
        val gone = touched - kept.toSet()
        val derived =
            "SELECT DISTINCT memory_id FROM provenance JOIN turns ON turns.id = turn_id WHERE exchange_id $IDS " +
                "AND NOT EXISTS (SELECT 1 FROM provenance AS other JOIN turns AS said ON said.id = other.turn_id " +
                "WHERE other.memory_id = provenance.memory_id AND NOT said.exchange_id $IDS)"
        val dropped = (memories + ids(derived, listText(gone), listText(gone))).distinct().sorted()
        val keptTurns = ids("SELECT id FROM turns WHERE exchange_id $IDS", listText(kept))
        dropMemories(user, dropped)
        val turns = dropExchanges(user, gone)
        val photos = dropUnused(user)
        dropDeadWords()
        return Forgotten(dropped, turns, keptTurns, photos)
    }
}
