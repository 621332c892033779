package org.memlora.weights

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Path
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.JsonObject
import org.memlora.files.Limits
import org.memlora.files.Record
import org.memlora.files.Saturating
import org.memlora.files.mapFile
import org.memlora.files.part
import org.memlora.files.parseJson

/** A tensor of a safetensors file: [dtype] as the file writes it (`F32`, `I64`), [bytes] a little-endian view. */
public class SafeTensor internal constructor(public val dtype: String, public val shape: List<Long>, private val bytes: ByteBuffer) {
    /** Its values; throws [IllegalStateException] for another type than `F32`. */
    public fun floats(): FloatArray {
        check(dtype == "F32") { "expected F32, got $dtype" }
        return FloatArray(bytes.limit() / 4).also { view().asFloatBuffer().get(it) }
    }

    /** Its values; throws [IllegalStateException] for another type than `I64`. */
    public fun longs(): LongArray {
        check(dtype == "I64") { "expected I64, got $dtype" }
        return LongArray(bytes.limit() / 8).also { view().asLongBuffer().get(it) }
    }

    /** Its values, each from 0 to 255; throws [IllegalStateException] for another type than `U8`. */
    public fun bytes(): ByteArray {
        check(dtype == "U8") { "expected U8, got $dtype" }
        return ByteArray(bytes.limit()).also { view().get(it) }
    }

    private fun view(): ByteBuffer = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN)
}

private val ITEM_BYTES =
    mapOf("BOOL" to 1L, "U8" to 1L, "I8" to 1L, "I16" to 2L, "U16" to 2L, "F16" to 2L, "BF16" to 2L) +
        mapOf("I32" to 4L, "U32" to 4L, "F32" to 4L, "I64" to 8L, "U64" to 8L, "F64" to 8L)
private val KEYS = listOf("dtype", "shape", "data_offsets")
private const val METADATA = "__metadata__"
private const val COUNT_BYTES = 8L

/** The tensors of the safetensors file at [path] by name; throws as [parseSafetensors], and [java.io.IOException]. */
public fun readSafetensors(path: Path): Map<String, SafeTensor> = parseSafetensors(mapFile(path), path.fileName.toString())

/**
 * The tensors in a file's bytes by name, as views of them: each has the bytes of its shape, and they fill the file.
 *
 * Throws [BundleException] (malformed bytes).
 */
public fun parseSafetensors(data: ByteBuffer, name: String): Map<String, SafeTensor> {
    val bytes = data.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    val length = if (bytes.limit() < COUNT_BYTES) -1 else bytes.getLong(0)
    if (length < 0 || length > Limits.MAX_BYTES.getValue("index") || length > bytes.limit() - COUNT_BYTES) {
        throw malformed(name, "a header within the file's ${bytes.limit()} bytes", "$length bytes")
    }
    val header = ByteArray(length.toInt()).also { bytes.part(COUNT_BYTES, length).get(it) }
    val entries = (parseJson(header, name) as? JsonObject)?.entries ?: throw malformed(name, "an object as header", "another")
    val body = bytes.part(COUNT_BYTES + length, bytes.limit() - COUNT_BYTES - length)
    val places = LinkedHashMap<String, Pair<Long, Long>>()
    val tensors =
        entries.filterKeys { it != METADATA }.mapValues { (key, value) ->
            val record = strict(name) { Record.of(value, "$name, ${key.take(80)}", KEYS) }
            val (dtype, shape, offsets) =
                strict(name) { Triple(record.text("dtype"), record.integers("shape"), record.integers("data_offsets")) }
            val size = ITEM_BYTES[dtype]?.let { Saturating.product(shape + it) }
            val isWithin = offsets.size == 2 && offsets[0] in 0..offsets[1] && offsets[1] <= body.limit()
            if (shape.any { it < 0 } || !isWithin || offsets[1] - offsets[0] != size) {
                throw malformed(name, "bytes of its own for ${key.take(80)} $shape of type ${dtype.take(8)}", "$offsets")
            }
            places[key] = offsets[0] to offsets[1]
            SafeTensor(dtype, shape, body.part(offsets[0], offsets[1] - offsets[0]))
        }
    var end = 0L
    for ((first, last) in places.values.sortedWith(compareBy({ it.first }, { it.second }))) {
        if (first != end) throw malformed(name, "tensors that follow each other", "one from byte $first after byte $end")
        end = last
    }
    if (end != body.limit().toLong()) throw malformed(name, "tensors up to byte ${body.limit()}", "an end at $end")
    return tensors
}

/** A header's wrong keys and types make the bytes malformed. */
private fun <T> strict(name: String, read: () -> T): T =
    try {
        read()
    } catch (e: BundleException) {
        throw malformed(name, "entries of tensors", e.message ?: "others", e)
    }

private fun malformed(name: String, expected: String, got: String, cause: Exception? = null) =
    BundleException(
        "malformed $name: expected safetensors with $expected, got $got; export the bundle again",
        Reason.MALFORMED_BYTES,
        cause,
    )
