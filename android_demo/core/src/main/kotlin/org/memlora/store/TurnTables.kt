package org.memlora.store

import androidx.sqlite.SQLiteDriver
import java.io.File
import java.time.Instant
import java.time.temporal.Temporal
import org.memlora.errors.ContractException
import org.memlora.store.forms.Said
import org.memlora.store.forms.compose
import org.memlora.store.forms.wordsForm

/** A store file and what was said. Texts are kept in normal form C. */
public abstract class TurnTables internal constructor(
    path: File,
    driver: SQLiteDriver,
    embedder: Embedder?,
    timeoutS: Double,
    clock: () -> Instant,
) : VectorTables(path, driver, embedder, timeoutS, clock) {
    /** How far the exchange called [key] has come; null: never seen. */
    public fun exchangeState(userId: String, key: String): State? {
        val sql = "SELECT state FROM exchanges JOIN users ON users.id = user_id WHERE name = ? AND key = ?"
        val words = rows(sql, userId, key) { it.text(0) }.firstOrNull() ?: return null
        return State.entries.first { it.words == words }
    }

    /**
     * The turn ids of an exchange, stored once however often it is put; sets its state.
     *
     * [moment] is the session's day or date with a time (null: unknown); [vectors] has one `[D]` for each turn, or is null.
     */
    public fun putExchange(
        userId: String,
        key: String,
        session: String,
        moment: Temporal?,
        messages: List<Said>,
        state: State,
        reason: String? = null,
        vectors: List<FloatArray>? = null,
    ): List<Long> {
        val name = compose(session)
        return writing {
            val user = putUser(userId)
            run("INSERT OR IGNORE INTO sessions (user_id, name, date) VALUES (?, ?, ?)", user, name, moment?.let(::isoText))
            val row = rows("SELECT id FROM sessions WHERE user_id = ? AND name = ?", user, name) { it.long(0) }.single()
            run(
                "INSERT INTO exchanges (user_id, session_id, key, state, reason, created_at) VALUES (?, ?, ?, ?, ?, ?) " +
                    "ON CONFLICT (user_id, key) DO UPDATE SET state = excluded.state, reason = excluded.reason, " +
                    "created_at = excluded.created_at",
                user, row, key, state.words, reason, now(),
            )
            val exchange = rows("SELECT id FROM exchanges WHERE user_id = ? AND key = ?", user, key) { it.long(0) }.single()
            val known = rows("SELECT id FROM turns WHERE exchange_id = ? ORDER BY place", exchange) { it.long(0) }
            val turns = known.ifEmpty { messages.mapIndexed { place, message -> putTurn(user, exchange, place, message) } }
            if (vectors != null) putTurnVectors(turns, vectors)
            turns
        }
    }

    /** Every raw turn of the user in the order it was said. */
    public fun turns(userId: String): List<Turn> = rows("$TURNS WHERE users.name = ? ORDER BY turns.id", userId, read = ::toTurn)

    /** The user's newest [count] raw turns of the session called [session], in the order they were said. */
    public fun lastTurns(userId: String, session: String, count: Int): List<Turn> {
        val row = "SELECT sessions.id FROM sessions JOIN users ON users.id = user_id WHERE users.name = ? AND sessions.name = ?"
        val sql = "$TURNS WHERE session_id = ($row) ORDER BY turns.id DESC LIMIT ?"
        return rows(sql, userId, compose(session), count, read = ::toTurn).asReversed()
    }

    /** The user's raw turn with this id. */
    public fun turn(userId: String, turnId: Long): Turn? = turnsById(userId, listOf(turnId)).firstOrNull()

    /** The user's raw turns with these ids, in their order; an id without one is left out. */
    public fun turnsById(userId: String, ids: List<Long>): List<Turn> {
        // + keeps the user's name from leading: by the ids, not through all turns of the user
        val found = rowsById("$TURNS WHERE +users.name = ? AND turns.id", ids, userId, read = ::toTurn).associateBy { it.id }
        return ids.mapNotNull { found[it] }
    }

    /** Everyone who said a turn of the user's, by name. */
    public fun speakers(userId: String): List<String> {
        val sql = "SELECT speakers.name FROM speakers JOIN users ON users.id = user_id WHERE users.name = ? ORDER BY 1"
        return rows(sql, userId) { it.text(0) }
    }

    /** Every session in which the user said something that is not forgotten, by name. */
    public fun sessions(userId: String): List<String> {
        val sql = "SELECT sessions.name FROM sessions JOIN users ON users.id = user_id WHERE users.name = ? ORDER BY 1"
        return rows(sql, userId) { it.text(0) }
    }

    /** The name under which the user spoke last; empty for one without a name or a turn. */
    public fun owner(userId: String): String {
        val user = userRow(userId) ?: return ""
        // through the words, where a user's turns stand together: other users may have said much since
        val sql =
            "SELECT speaker FROM turn_words JOIN turns ON turns.id = turn_words.rowid - ? " +
                "WHERE turn_words.rowid BETWEEN ? AND ? AND role = 'user' ORDER BY turn_words.rowid DESC LIMIT 1"
        return rows(sql, firstRow(user), firstRow(user), lastRow(user)) { it.text(0) }.firstOrNull() ?: ""
    }

    // Inside a transaction

    internal fun putUser(userId: String): Long {
        run("INSERT OR IGNORE INTO users (name) VALUES (?)", userId)
        return rows("SELECT id FROM users WHERE name = ?", userId) { it.long(0) }.single()
    }

    private fun putTurn(user: Long, exchange: Long, place: Int, message: Said): Long {
        val (speaker, text) = compose(message.speaker) to compose(message.text)
        val sql = "INSERT INTO turns (exchange_id, place, role, speaker, text) VALUES (?, ?, ?, ?, ?)"
        val turn = insert(sql, exchange, place, message.role, speaker, text)
        run("INSERT INTO turn_words (rowid, text) VALUES (?, ?)", firstRow(user) + turn, wordsForm(searchable(speaker, text)))
        run("INSERT OR IGNORE INTO speakers (user_id, name) VALUES (?, ?)", user, speaker)
        return turn
    }

    private fun putTurnVectors(turns: List<Long>, vectors: List<FloatArray>) {
        if (turns.size != vectors.size) {
            throw ContractException("wrong vectors: expected ${turns.size}, one a turn, got ${vectors.size}")
        }
        turns.forEachIndexed { place, turn -> putVector(VectorTable.TURNS, turn, vectors[place]) }
    }
}
