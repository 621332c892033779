package org.memlora.memory

import org.memlora.errors.ConfigException
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNumber
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.store.Labels
import org.memlora.store.StoredMemory
import java.math.BigDecimal

/**
 * Labels with texts in normal form C.
 *
 * Throws [ConfigException] for an id that is no text of 1 to 256 bytes, and for metadata other than names with texts,
 * numbers or booleans, of at most 4096 bytes as JSON.
 */
public fun readLabels(
    agentId: String? = null,
    runId: String? = null,
    metadata: Map<String, JsonValue> = emptyMap(),
): Labels {
    val values = metadata.entries.associate { (name, value) -> wholeText(name) to whole(value) }
    val labels = Labels(agentId?.let(::wholeText), runId?.let(::wholeText), values)
    labels.problem()?.let { throw ConfigException("wrong labels: $it; keep longer and other things elsewhere") }
    return labels
}

private fun whole(value: JsonValue): JsonValue = if (value is JsonString) JsonString(wholeText(value.value)) else value

/** What a memory's labels must be: each value that is named here, the same as here. */
public class Filters(private val wanted: Labels) {
    /** Whether every memory is taken. */
    public val isEmpty: Boolean get() = wanted == Labels()

    /** Whether the memory has every value; numbers equal numbers, booleans booleans, texts texts. */
    public fun takes(memory: StoredMemory): Boolean {
        val found = memory.labels
        val hasIds =
            (wanted.agentId == null || wanted.agentId == found.agentId) && (wanted.runId == null || wanted.runId == found.runId)
        return hasIds && wanted.metadata.all { (name, value) -> found.metadata[name]?.let { isSame(it, value) } == true }
    }

    public companion object {
        /** Takes every memory. */
        @JvmField
        public val NONE: Filters = Filters(Labels())
    }
}

private fun isSame(
    one: JsonValue,
    other: JsonValue,
): Boolean {
    val numbers = listOf(one, other).map(::number)
    return if (numbers.all { it != null }) checkNotNull(numbers[0]).compareTo(numbers[1]) == 0 else one == other
}

/** Exact, so that a whole number equals the same one written with a fraction. */
private fun number(value: JsonValue): BigDecimal? =
    when (value) {
        is JsonInteger -> BigDecimal(value.value)
        is JsonNumber -> BigDecimal(value.value)
        else -> null
    }
