package org.memlora.parity

import org.memlora.errors.ConfigException
import org.memlora.files.JsonArray
import org.memlora.files.JsonBoolean
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNull
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.images.Pixels
import org.memlora.operations.Message
import org.memlora.parts.Embeddings
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.parts.toParts
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.LocalDate

/** One request of docs/parity-trace.md; a value that is missing or of another kind is a [ConfigException]. */
internal class Asked(private val line: JsonObject) {
    val id: JsonValue get() = value("id")
    val kind: String get() = text("kind")
    val user: String get() = text("user")
    val memory: Long get() = number("memory")
    val date: LocalDate? get() = textOrNull("date")?.let(LocalDate::parse)
    val photo: Long get() = number("photo")
    val prompt: List<Part> get() = toParts(list("prompt").map { piece -> token(piece) ?: embeddings(piece) ?: throw wrong("prompt") })
    val images: List<Pixels> get() = (optional("images") as? JsonArray)?.items.orEmpty().map { picture(it) ?: throw wrong("images") }

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

    private fun token(piece: JsonValue): Part? = (piece as? JsonInteger)?.let { Tokens(it.saturated.toInt()) }

    private fun embeddings(piece: JsonValue): Part? {
        val told = Asked(piece as? JsonObject ?: return null)
        val rows = ByteBuffer.wrap(told.bytes("rows")).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer()
        return Embeddings(FloatArray(rows.remaining()).also(rows::get), told.number("width").toInt())
    }

    private fun picture(item: JsonValue): Pixels? {
        val told = Asked(item as? JsonObject ?: return null)
        return Pixels(told.number("width").toInt(), told.number("height").toInt(), told.bytes("rgb"))
    }

    private fun bytes(key: String): ByteArray =
        try {
            fromHex(text(key))
        } catch (e: IllegalArgumentException) {
            throw ConfigException("wrong request: expected $key as docs/parity-trace.md has it, got another value", e)
        }

    private fun list(key: String): List<JsonValue> = (line[key] as? JsonArray)?.items ?: throw wrong(key)

    private fun optional(key: String): JsonValue? = line[key]?.takeIf { it != JsonNull }

    private fun wrong(key: String) = ConfigException("wrong request: expected $key as docs/parity-trace.md has it, got another value")
}
