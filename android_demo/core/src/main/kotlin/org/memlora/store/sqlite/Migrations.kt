package org.memlora.store.sqlite

import org.memlora.files.JsonArray
import org.memlora.files.JsonObject
import org.memlora.files.JsonValue
import org.memlora.store.forms.compose
import org.memlora.store.forms.normalise
import org.memlora.store.forms.sketchOf
import org.memlora.store.forms.wordsForm

/** One step of a version: a statement, or one for each row of a SELECT. */
internal sealed interface Step

internal class Statement(val sql: String) : Step

/** A SELECT whose rows, each column through its function (empty: as it is), are the values of another statement. */
internal class Computed(val each: String, val functions: List<String>, val run: String) : Step

/** The steps of each version, from the first on; `PRAGMA user_version` counts them. */
internal val MIGRATIONS: List<List<Step>> by lazy {
    readRows("versions.json").map { version -> (version["steps"] as JsonArray).items.map(::step) }
}

private fun step(value: JsonValue): Step =
    if (value is JsonObject) {
        Computed(lines(value["each"]), texts(value["functions"]), lines(value["run"]))
    } else {
        Statement(lines(value))
    }

/** Run one step. Rows are read while others are written, for there may be many vectors. */
internal fun runStep(connection: Connection, step: Step) {
    when (step) {
        is Statement -> connection.run(step.sql)
        is Computed ->
            connection.eachRow(step.each) { row ->
                val values = row.values().mapIndexed { column, value -> computed(step.functions[column], value) }
                connection.run(step.run, *values.toTypedArray())
            }
    }
}

private fun computed(function: String, value: Any?): Any? =
    when (function) {
        "" -> value
        "sketch_of" -> sketchOf(value as ByteArray)
        "compose" -> (value as String?)?.let(::compose)
        "normalise" -> normalise(value as String)
        "words_form" -> wordsForm(value as String)
        "exchange_key" -> keyOfBytes(value as String)
        else -> error("a version of the store computes with $function, which this reader does not know")
    }
