package org.memlora.operations

import org.memlora.errors.BundleException
import org.memlora.files.JsonArray
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNull
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.files.parseJson
import java.time.DateTimeException
import java.time.LocalDate

/** The string under [key]; [absent] where there is none, which throws when it is null. */
internal fun JsonObject.text(key: String, absent: String? = null): String =
    when (val value = this[key]) {
        is JsonString -> value.value
        null -> absent ?: throw unlike(key, "a string")
        else -> throw unlike(key, "a string")
    }

/** The day under [key], written as `2023-05-12`; null for `null` and an empty one. */
internal fun JsonObject.day(key: String): LocalDate? {
    if (this[key] == JsonNull) return null
    val written = text(key)
    try {
        return if (written.isEmpty()) null else LocalDate.parse(written)
    } catch (e: DateTimeException) {
        throw unlike(key, "a day such as 2023-05-12", e)
    }
}

/** The list under [key]; an absent one is empty where it [mayBeAbsent]. */
internal fun JsonObject.items(key: String, mayBeAbsent: Boolean = false): List<JsonValue> {
    val value = this[key]
    if (value == null && mayBeAbsent) return emptyList()
    return (value as? JsonArray)?.items ?: throw unlike(key, "a list")
}

/** The list of objects under [key]. */
internal fun JsonObject.rows(key: String, mayBeAbsent: Boolean = false): List<JsonObject> =
    items(key, mayBeAbsent).map { it as? JsonObject ?: throw unlike(key, "a list of objects") }

/** The list of strings under [key]. */
internal fun JsonObject.texts(key: String): List<String> =
    items(key).map { (it as? JsonString)?.value ?: throw unlike(key, "a list of strings") }

private fun unlike(key: String, expected: String, cause: Exception? = null) =
    BundleException("wrong input: expected $expected under '$key', got another value; correct the row", cause = cause)

/** The list under [key] of the JSON object that [text] is; [shape] says in an error what was wanted. */
internal fun parseItems(text: String, key: String, shape: String): List<JsonValue> {
    val value =
        try {
            parseJson(text.toByteArray(Charsets.UTF_8), "answer")
        } catch (e: BundleException) {
            throw UnparsableException("expected $shape, got '$text'", e)
        }
    return ((value as? JsonObject)?.get(key) as? JsonArray)?.items ?: throw UnparsableException("expected $shape, got '$text'")
}

/** A string, or a whole number as text; null for anything else. */
internal fun JsonValue?.asText(): String? =
    when (this) {
        is JsonString -> value
        is JsonInteger -> value.toString()
        else -> null
    }

/** Separators of compact JSON, as trained. */
internal val COMPACT = "," to ":"
