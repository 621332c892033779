package org.memlora.parity

import org.memlora.errors.ConfigException
import org.memlora.files.JsonArray
import org.memlora.files.JsonBoolean
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNull
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.operations.Message
import java.time.LocalDate

/** One request of docs/parity-trace.md; a value that is missing or of another kind is a [ConfigException]. */
internal class Asked(private val line: JsonObject) {
    val id: JsonValue get() = value("id")
    val kind: String get() = text("kind")
    val user: String get() = text("user")
    val memory: Long get() = number("memory")
    val date: LocalDate? get() = textOrNull("date")?.let(LocalDate::parse)
    val tokens: List<Int> get() = list("prompt").map { (it as? JsonInteger)?.saturated?.toInt() ?: throw wrong("prompt") }

    val messages: List<Message>
        get() =
            list("messages").map { item ->
                val said = Asked(item as? JsonObject ?: throw wrong("messages"))
                Message(said.text("role"), said.text("name", ""), said.text("content"))
            }

    val metadata: Map<String, JsonValue> get() = (line["metadata"] as? JsonObject)?.entries.orEmpty()

    fun value(key: String): JsonValue = line[key] ?: throw wrong(key)

    fun text(
        key: String,
        absent: String? = null,
    ): String = textOrNull(key) ?: absent ?: throw wrong(key)

    fun textOrNull(key: String): String? = optional(key)?.let { (it as? JsonString)?.value ?: throw wrong(key) }

    fun number(
        key: String,
        absent: Long? = null,
    ): Long = optional(key)?.let { (it as? JsonInteger)?.saturated ?: throw wrong(key) } ?: absent ?: throw wrong(key)

    fun flag(
        key: String,
        absent: Boolean,
    ): Boolean = optional(key)?.let { (it as? JsonBoolean)?.value ?: throw wrong(key) } ?: absent

    private fun list(key: String): List<JsonValue> = (line[key] as? JsonArray)?.items ?: throw wrong(key)

    private fun optional(key: String): JsonValue? = line[key]?.takeIf { it != JsonNull }

    private fun wrong(key: String) = ConfigException("wrong request: expected $key as docs/parity-trace.md has it, got another value")
}
