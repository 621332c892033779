package org.memlora.store

import java.math.BigInteger
import org.memlora.errors.MemloraException
import org.memlora.files.JsonBoolean
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNumber
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.files.jsonText
import org.memlora.files.parseJson
import org.memlora.store.forms.utf8

private const val ID_BYTES = 256
private const val METADATA_BYTES = 4096
private const val SHOWN = 40

/** What an application keeps beside a memory: an agent, a run, and texts, numbers or booleans by name. */
public data class Labels(
    public val agentId: String? = null,
    public val runId: String? = null,
    public val metadata: Map<String, JsonValue> = emptyMap(),
) {
    /** What a store does not take, as `expected .., got ..`; null where all is well. */
    public fun problem(): String? {
        for ((name, text) in listOf("agent_id" to agentId, "run_id" to runId)) {
            if (text != null && utf8(text).size !in 1..ID_BYTES) {
                return "expected $name as a text of 1 to $ID_BYTES bytes, got '${text.take(SHOWN)}'"
            }
        }
        metadata.entries.firstOrNull { !isValue(it.value) }?.let { (key, _) ->
            return "expected metadata of names with texts, numbers or booleans, got another value for '${key.take(SHOWN)}'"
        }
        val size = utf8(metadataText() ?: "").size
        return if (size > METADATA_BYTES) "expected metadata of at most $METADATA_BYTES bytes as JSON in UTF-8, got $size" else null
    }

    /** The JSON object that is stored, null for no metadata. */
    public fun metadataText(): String? = if (metadata.isEmpty()) null else jsonText(JsonObject(metadata), "," to ":")
}

/** From a stored JSON object; null for what is none, and where a name stands twice. */
internal fun readMetadata(text: String): Map<String, JsonValue>? =
    try {
        (parseJson(utf8(text), "metadata") as? JsonObject)?.entries
    } catch (_: MemloraException) {
        null
    }

/** Whether every language can hold it: numbers are finite, whole ones have 64 bits. */
private fun isValue(value: JsonValue): Boolean =
    when (value) {
        is JsonString, is JsonBoolean -> true
        is JsonNumber -> !value.value.isNaN() && !value.value.isInfinite()
        is JsonInteger -> value.value == BigInteger.valueOf(value.saturated)
        else -> false
    }
