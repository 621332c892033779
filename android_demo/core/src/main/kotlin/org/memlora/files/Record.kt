package org.memlora.files

import org.memlora.errors.BundleException

/**
 * An object whose keys are all known; [where] names its place for messages.
 *
 * A reader asks for each key by its type; a missing key or another type is a [BundleException] (invalid values).
 */
public class Record private constructor(private val values: JsonObject, private val where: String) {
    public companion object {
        /** The object [value], which has no other keys than [known]; throws [BundleException] (invalid values). */
        public fun of(value: JsonValue, where: String, known: Collection<String>): Record {
            if (value !is JsonObject) throw wrong(where, "an object", value)
            for (key in value.entries.keys) {
                if (key !in known) {
                    val near = nearest(key.take(MAX_SHOWN), known)?.let { " (nearest: '$it')" } ?: ""
                    throw BundleException("invalid $where: expected known keys, got '${key.take(MAX_SHOWN)}'$near; update memlora")
                }
            }
            return Record(value, where)
        }

        private fun wrong(where: String, expected: String, got: JsonValue): BundleException =
            BundleException("invalid $where: expected $expected, got ${shown(got)}; export the bundle again")

        private fun shown(value: JsonValue): String = jsonText(value).replace('\n', ' ').take(MAX_SHOWN)

        private const val MAX_SHOWN = 80
    }

    /** Whether [key] is there and not null. */
    public fun has(key: String): Boolean = values[key].let { it != null && it != JsonNull }

    /** The value under [key] as it was written. */
    public fun value(key: String): JsonValue =
        values[key] ?: throw BundleException("invalid $where: expected the key '$key', got none; export the bundle again")

    /** A required string. */
    public fun text(key: String): String = text(value(key), place(key))

    /** A required string or null. */
    public fun textOrNull(key: String): String? = value(key).let { if (it == JsonNull) null else text(it, place(key)) }

    /** A string or null, which the key may be left out for. */
    public fun optionalText(key: String): String? = if (has(key)) text(key) else null

    /** A string out of [choices]. */
    public fun choice(key: String, choices: List<String>): String {
        val got = value(key)
        return (got as? JsonString)?.value?.takeIf { it in choices } ?: throw wrong(place(key), "one of $choices", got)
    }

    /** A required whole number; one beyond 64 bits becomes the largest of its sign. */
    public fun integer(key: String): Long = integer(value(key), place(key))

    /** A list of whole numbers. */
    public fun integers(key: String): List<Long> = list(key) { item, at -> integer(item, at) }

    /** A list, each item read by [read] from its value and its place. */
    public fun <T> list(key: String, read: (JsonValue, String) -> T): List<T> {
        val got = value(key)
        if (got !is JsonArray) throw wrong(place(key), "a list", got)
        return got.items.mapIndexed { number, item -> read(item, "${place(key)}[$number]") }
    }

    /** An object of strings, in its order. */
    public fun texts(key: String): Map<String, String> = map(key) { item, at -> text(item, at) }

    /** An object of whole numbers, in its order. */
    public fun numbers(key: String): Map<String, Long> = map(key) { item, at -> integer(item, at) }

    /** An object with any keys, each value read by [read] from itself and its place. */
    public fun <T> map(key: String, read: (JsonValue, String) -> T): Map<String, T> {
        val got = value(key)
        if (got !is JsonObject) throw wrong(place(key), "an object", got)
        return got.entries.mapValues { (name, item) -> read(item, "${place(key)}, $name") }
    }

    /** Where [key] stands, for messages. */
    public fun place(key: String): String = "$where, $key"

    private fun text(got: JsonValue, at: String): String = (got as? JsonString)?.value ?: throw wrong(at, "a string", got)

    private fun integer(got: JsonValue, at: String): Long = (got as? JsonInteger)?.saturated ?: throw wrong(at, "a whole number", got)
}
