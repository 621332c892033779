package org.memlora.store.sqlite

import org.memlora.files.JsonArray
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.files.parseJson

/** The rows of a table that lies beside the store's classes in the jar. */
internal fun readRows(name: String): List<JsonObject> {
    val stream = checkNotNull(Connection::class.java.getResourceAsStream("/org/memlora/store/$name")) { "the table $name is missing" }
    val table = parseJson(stream.use { it.readBytes() }, name) as JsonArray
    return table.items.map { it as JsonObject }
}

/** A text of the table, or its lines. */
internal fun lines(value: JsonValue?): String =
    when (value) {
        is JsonString -> value.value
        is JsonArray -> texts(value).joinToString("\n")
        else -> error("a table of the store has no statement where one belongs")
    }

internal fun texts(value: JsonValue?): List<String> = (value as JsonArray).items.map { (it as JsonString).value }
