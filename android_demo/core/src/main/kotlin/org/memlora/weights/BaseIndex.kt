package org.memlora.weights

import java.nio.file.NoSuchFileException
import java.nio.file.Path
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.JsonInteger
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.files.Limits
import org.memlora.files.Record
import org.memlora.files.Saturating
import org.memlora.files.jsonText
import org.memlora.files.parseJson
import org.memlora.files.readBytes

/** The keys of a base's index (docs/base-format.md); [tensors] are still as written. */
public data class BaseIndex(
    public val version: Int,
    public val groupSize: Long,
    public val file: String,
    public val sha256: String,
    public val size: Long,
    public val tensors: Map<String, JsonValue>,
) {
    public companion object {
        /** The name of the file. */
        public const val NAME: String = "base.index.json"
        internal const val FORMAT: String = "memlora.base"
    }
}

private val KEYS = listOf("format", "version", "group_size", "file", "sha256", "size", "tensors")
private val GROUP_SIZES = listOf(32L, 64L, 128L, 256L)
private val VERSIONS = 1..2
private val SHA256 = Regex("[0-9a-f]{64}")
private val PLAIN_NAME = Regex("[A-Za-z0-9_][A-Za-z0-9_.-]*")
private const val HEAD_BYTES = 1L shl 16
private const val MAX_SHOWN = 80

internal fun isSha256(text: String): Boolean = SHA256.matches(text)

/** The index in [path] and its size in bytes; throws [BundleException], and [java.io.IOException] where it cannot be read. */
public fun readIndex(path: Path): Pair<BaseIndex, Long> {
    val name = path.fileName.toString()
    val data =
        try {
            readBytes(path, Limits.MAX_BYTES.getValue("index"))
        } catch (e: NoSuchFileException) {
            throw BundleException("$path: expected the base's index, found none", Reason.UNLINKABLE_PARTS, e)
        }
    return parseIndex(data, name) to data.size.toLong()
}

/** The keys of an index; every one is there, of its type and possible. Throws [BundleException]. */
public fun parseIndex(data: ByteArray, name: String = BaseIndex.NAME): BaseIndex {
    val value = parseJson(data, name)
    val format = (value as? JsonObject)?.get("format")
    if (format != JsonString(BaseIndex.FORMAT)) {
        val got = if (value is JsonObject) format?.let { jsonText(it).take(MAX_SHOWN) } ?: "none" else "no object"
        throw BundleException("$name: expected format '${BaseIndex.FORMAT}', got $got", Reason.MALFORMED_BYTES)
    }
    val version = value["version"]
    if (version !is JsonInteger || version.saturated !in VERSIONS) {
        val got = version?.let { jsonText(it).take(MAX_SHOWN) } ?: "none"
        throw BundleException("$name: expected version 1 or 2, got $got; update memlora")
    }
    val record = Record.of(value, name, KEYS)
    val index =
        BaseIndex(
            version.saturated.toInt(),
            record.integer("group_size"),
            record.text("file"),
            record.text("sha256"),
            record.integer("size"),
            record.map("tensors") { item, _ -> item },
        )
    fun require(isFine: Boolean, what: String, expected: String) {
        if (!isFine) throw BundleException("invalid $name: expected $expected as $what, got another; make the base again")
    }
    require(index.groupSize in GROUP_SIZES, "group size", "one of $GROUP_SIZES")
    require(PLAIN_NAME.matches(index.file), "file", "a plain file name")
    require(isSha256(index.sha256), "sha256", "64 hex digits")
    require(index.size > 0, "size", "1 byte or more")
    require(index.tensors.isNotEmpty(), "tensors", "1 or more")
    return index
}

/**
 * Windows lie in a file of [size] bytes, are the same or apart, and leave little of it; [indexBytes] is the index's size.
 *
 * Throws [BundleException] (invalid values).
 */
public fun checkWindows(tensors: Map<String, BaseTensor>, size: Long, indexBytes: Long, name: String) {
    val places = tensors.values.flatMapTo(HashSet()) { tensor -> tensor.windows.map { it.offset to it.length } }
    val ordered = places.sortedWith(compareBy({ it.first }, { it.second }))
    for ((before, after) in ordered.zipWithNext()) {
        val end = Saturating.sum(before.first, before.second)
        if (end > after.first) {
            throw BundleException(
                "invalid $name: expected windows that are the same or apart, got bytes ${before.first} to $end " +
                    "and another from ${after.first}; make the base again",
            )
        }
    }
    val end = Saturating.sum(ordered.last().first, ordered.last().second)
    if (end > size) {
        throw BundleException("invalid $name: expected bytes within $size, got an end at $end; make the base again")
    }
    val most = (Limits.MAX_BASE_SLACK * ordered.sumOf { it.second }).toLong() + indexBytes + HEAD_BYTES
    if (size > most) {
        throw BundleException(
            "invalid $name: expected a data file of at most $most bytes for its tensors, got $size; make the base again",
        )
    }
}
