package org.memlora.store

import java.io.File
import org.memlora.errors.Reason
import org.memlora.errors.StoreException
import org.memlora.files.JsonString
import org.memlora.store.forms.compose
import org.memlora.store.forms.floatsOf
import org.memlora.store.forms.normalise
import org.memlora.store.forms.photoProblem
import org.memlora.store.forms.sketchOf
import org.memlora.store.forms.wordsForm
import org.memlora.store.sqlite.lines
import org.memlora.store.sqlite.readRows

private const val BATCH = 1000

/** One fault of a store: its reason class, and a sentence that says where it is, what was expected and what was found. */
public data class Fault(public val reason: Reason, public val message: String)

/** A SELECT that finds rows that must not be: what it looks for, the reason, the rows' name. */
private class Rule(val expected: String, val reason: Reason, val row: String, val sql: String)

private val RULES: List<Rule> by lazy {
    readRows("rules.json").map { row ->
        val (expected, reason, name) = listOf("expected", "reason", "row").map { (row[it] as JsonString).value }
        Rule(expected, Reason.entries.first { it.words == reason }, name, lines(row["sql"]))
    }
}

/** Every kind of fault once, with the first row that has it. Runs inside the caller's `writing`. */
internal fun faultsOf(store: StoreFile): List<Fault> {
    val found = ArrayList<Fault>()
    try {
        FaultSearch(store, found).run()
    } catch (e: StoreException) {
        found += Fault(e.reason ?: throw e, e.message ?: "")
    }
    return found
}

private class FaultSearch(private val store: StoreFile, private val found: MutableList<Fault>) {
    fun run() {
        val pages = store.rows("PRAGMA integrity_check(1)") { it.text(0) }.first()
        if (pages != "ok") return add(Reason.MALFORMED_BYTES, "whole pages", pages.replace("\n", " "))
        store.rows("PRAGMA foreign_key_check") { Triple(it.text(0), it.longOrNull(1), it.text(2)) }.firstOrNull()?.let { (table, row, parent) ->
            add(Reason.UNLINKABLE_PARTS, "a row of $parent", "none for $table $row")
        }
        for (rule in RULES) {
            store.rows("${rule.sql} LIMIT 1") { it.long(0) }.firstOrNull()?.let {
                add(rule.reason, rule.expected, "another thing at ${rule.row} $it")
            }
        }
        texts()
        days()
        labels()
        words("memory", memoryWords())
        words("turn", turnWords())
        vectors("memory", "embeddings", "memory_id")
        vectors("turn", "turn_embeddings", "turn_id")
        photos()
    }

    private fun add(reason: Reason, expected: String, got: String) {
        found += Fault(reason, "${damaged(store.path)}: expected $expected, got $got; restore it from a copy")
    }

    private fun texts() {
        val memories = store.rows("SELECT id, text, normal_text FROM memories") { Triple(it.long(0), it.text(1), it.text(2)) }
        memories.firstOrNull { (_, text, normal) -> text != compose(text) || normal != normalise(text) }?.let {
            add(Reason.INVALID_VALUES, "a text in normal form", "another one at memory ${it.first}")
        }
        val turns = store.rows("SELECT id, speaker, text FROM turns") { Triple(it.long(0), it.text(1), it.text(2)) }
        turns.firstOrNull { (_, speaker, text) -> speaker != compose(speaker) || text != compose(text) }?.let {
            add(Reason.INVALID_VALUES, "a text in normal form", "another one at turn ${it.first}")
        }
    }

    private fun days() {
        for (column in listOf("said_on", "valid_from", "valid_to")) {
            val days = store.rows("SELECT id, $column FROM memories WHERE $column IS NOT NULL") { it.long(0) to it.text(1) }
            days.firstOrNull { (_, day) -> dayOf(day) == null }?.let { (row, day) ->
                add(Reason.INVALID_VALUES, "a day like 2023-05-08", "'$day' at memory $row")
            }
        }
        val moments = store.rows("SELECT id, date FROM sessions WHERE date IS NOT NULL") { it.long(0) to it.text(1) }
        moments.firstOrNull { (_, moment) -> dayOf(moment) == null && !isMoment(moment) }?.let { (row, moment) ->
            add(Reason.INVALID_VALUES, "a day or a moment", "'$moment' at session $row")
        }
    }

    private fun labels() {
        val sql = "SELECT id, agent_id, run_id, metadata FROM memories WHERE coalesce(agent_id, run_id, metadata) IS NOT NULL"
        val problems =
            store.rows(sql) { row ->
                val text = row.textOrNull(3)
                val metadata = if (text == null) emptyMap() else readMetadata(text)
                row.long(0) to
                    if (metadata == null) {
                        "expected metadata as a JSON object, got another text"
                    } else {
                        Labels(row.textOrNull(1), row.textOrNull(2), metadata).problem()
                    }
            }
        problems.firstOrNull { it.second != null }?.let { (row, problem) ->
            found += Fault(Reason.INVALID_VALUES, "${damaged(store.path)}: $problem at memory $row; restore it from a copy")
        }
    }

    private fun memoryWords(): Map<Long, String> =
        store
            .rows("SELECT id, user_id, state, text FROM memories WHERE state != 'deleted'") {
                firstRow(it.long(1), it.text(2) == "past") + it.long(0) to wordsForm(it.text(3))
            }.toMap()

    private fun turnWords(): Map<Long, String> =
        store
            .rows("SELECT turns.id, user_id, speaker, text FROM turns JOIN exchanges ON exchanges.id = exchange_id") {
                firstRow(it.long(1)) + it.long(0) to wordsForm(searchable(it.text(2), it.text(3)))
            }.toMap()

    /** Every row has its words at its own place, and there are no others. */
    private fun words(kind: String, wanted: Map<Long, String>) {
        val table = "${kind}_words"
        val given = store.rows("SELECT rowid, text FROM $table") { it.long(0) to it.text(1) }.toMap()
        (wanted.keys + given.keys).filter { wanted[it] != given[it] }.minOrNull()?.let {
            add(Reason.UNLINKABLE_PARTS, "the words of each $kind", "others in row $it")
        }
        store.rows("INSERT INTO $table ($table) VALUES ('integrity-check')") { }
    }

    /** Vectors are finite numbers as long as the header says, and a sketch is that of its vector. */
    private fun vectors(kind: String, table: String, owner: String) {
        val ids = store.rows("SELECT $owner FROM $table ORDER BY 1") { it.long(0) }
        if (ids.isEmpty()) return
        val dimension = store.dimension()
        val sql = "SELECT $owner, vector, sketch FROM $table LEFT JOIN ${kind}_sketches ON row_id = $owner WHERE $owner"
        for (part in ids.chunked(BATCH)) {
            val wrong = store.rowsById(sql, part) { problem(it.blob(1), it.blobOrNull(2), dimension)?.plus(" at $kind ${it.long(0)}") }
            wrong.firstOrNull { it != null }?.let {
                return add(Reason.INVALID_VALUES, "vectors of $dimension finite numbers and their sketches", it)
            }
        }
    }

    /** A photo's PNG has the pixels that it is named by, its thumbnail is theirs, and its embedding finite numbers. */
    private fun photos() {
        val sql = "SELECT sha256, png, thumbnail, vectors FROM photos LEFT JOIN photo_embeddings ON photo_id = id WHERE id = ?"
        for (photo in store.rows("SELECT id FROM photos ORDER BY id") { it.long(0) }) {
            val problem =
                store.rows(sql, photo) { row ->
                    val vectors = row.blobOrNull(3)?.takeIf { it.size % Float.SIZE_BYTES == 0 }?.let(::floatsOf)
                    photoProblem(row.text(0), row.blob(1), row.blob(2))
                        ?: "expected an embedding of finite numbers, got others".takeIf { vectors?.any { it.isNaN() || it.isInfinite() } == true }
                }.single() ?: continue
            found += Fault(Reason.INVALID_VALUES, "${damaged(store.path)}: $problem, at photo $photo; restore it from a copy")
            return
        }
    }

    private fun problem(vector: ByteArray, sketch: ByteArray?, dimension: Int): String? =
        when {
            vector.size != dimension * Float.SIZE_BYTES -> "${vector.size} bytes"
            floatsOf(vector).any { it.isNaN() || it.isInfinite() } -> "numbers that are not finite"
            sketch != null && !sketch.contentEquals(sketchOf(vector)) -> "a sketch of another vector"
            else -> null
        }
}

private fun damaged(file: File): String = "the store $file is damaged"
