package org.memlora.memory.rules.english

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.memlora.text.splitAtBlanks

/** A table of the rules, `words`, `grounding`, `plain`, `pictures` or `relations`, which stands once, beside the Python. */
internal fun table(name: String): JsonObject {
    val stream = checkNotNull(Tables::class.java.getResourceAsStream("$name.json")) { "the table $name.json is missing from the jar" }
    return Json.parseToJsonElement(stream.use { it.readBytes() }.toString(Charsets.UTF_8)).jsonObject
}

/** The text under [name]. */
internal fun JsonObject.entry(name: String): String = getValue(name).jsonPrimitive.content

/** The words of the list under [name], in order. */
internal fun JsonObject.list(name: String): List<String> = splitAtBlanks(entry(name))

/** The tables that more than one rule reads. */
internal object Tables {
    val words: JsonObject by lazy { table("words") }
    val grounding: JsonObject by lazy { table("grounding") }
    val relations: JsonObject by lazy { table("relations") }
}
