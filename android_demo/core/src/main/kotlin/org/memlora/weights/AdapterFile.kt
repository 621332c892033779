package org.memlora.weights

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.charset.CharacterCodingException
import java.nio.file.Path
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Limits
import org.memlora.files.mapFile
import org.memlora.files.part

/** The writer's versions, and the tensors by name. */
public class AdapterFile internal constructor(
    public val adapterVersion: Int,
    public val modelVersion: Int,
    public val tensors: Map<String, AdapterTensor>,
)

/**
 * Reads the `.onnx_adapter` at [path] without handing unchecked bytes to native code; its tensors are views of it.
 *
 * Throws [BundleException]: malformed bytes when an offset or size does not hold, invalid values for another type of
 * data; [java.io.IOException] where the file cannot be read.
 */
public fun readAdapter(path: Path): AdapterFile = parseAdapter(mapFile(path), path.fileName.toString())

/**
 * As [readAdapter], of a file's bytes: tensors are views of them, and no two share a byte.
 *
 * The format is ONNX Runtime's, a FlatBuffer with identifier TORT: table Adapter {format_version: int32,
 * adapter_version: int32, model_version: int32, parameters: [Parameter]}, table Parameter {name: string, dims: [int64],
 * data_type: int32 (ONNX TensorProto.DataType), raw_data: [ubyte]}. Every offset is checked against the file's length.
 */
public fun parseAdapter(data: ByteBuffer, name: String): AdapterFile =
    try {
        AdapterReader(data.duplicate().order(ByteOrder.LITTLE_ENDIAN), name).read()
    } catch (e: IndexOutOfBoundsException) {
        throw malformed(name, "offsets that stay inside the file", e.message ?: "another", e)
    } catch (e: CharacterCodingException) {
        throw malformed(name, "names in UTF-8", "other bytes", e)
    }

private fun malformed(name: String, expected: String, got: String, cause: Exception? = null) =
    BundleException("malformed adapter $name: expected $expected, got $got; export the bundle again", Reason.MALFORMED_BYTES, cause)

/** A table that starts at byte [start]; what leaves the bytes is an [IndexOutOfBoundsException]. */
private class AdapterTable(private val data: ByteBuffer, private val start: Long) {
    /** Where field [index] lies, null when it is absent. */
    private fun field(index: Int): Long? {
        val vtable = start - data.int32(start)
        val size = data.uint16(vtable)
        val at = 4 + 2 * index
        val relative = if (at + 2 <= size) data.uint16(vtable + at) else 0
        return if (relative != 0) start + relative else null
    }

    fun integer(index: Int): Int = field(index)?.let { data.int32(it) } ?: 0

    /** Where the items of the vector in field [index] start, and their number; both 0 when it is absent. */
    fun vector(index: Int, itemBytes: Int): Pair<Long, Long> {
        val at = field(index) ?: return 0L to 0L
        val start = at + data.uint32(at)
        val count = data.uint32(start)
        if (start + 4 + count * itemBytes > data.limit()) {
            throw IndexOutOfBoundsException("a vector of $count items at byte $start in a file of ${data.limit()}")
        }
        return start + 4 to count
    }
}

private class AdapterReader(private val data: ByteBuffer, private val name: String) {
    fun read(): AdapterFile {
        if (data.limit() < 8 || data.getInt(4) != IDENTIFIER) throw malformed(name, "the identifier TORT at byte 4", "another")
        val root = AdapterTable(data, data.uint32(0))
        if (root.integer(0) != FORMAT_VERSION) throw malformed(name, "format version $FORMAT_VERSION", "${root.integer(0)}")
        val (start, count) = root.vector(3, 4)
        if (count > Limits.MAX_ADAPTER_TENSORS) throw malformed(name, "at most ${Limits.MAX_ADAPTER_TENSORS} tensors", "$count")
        val tensors = LinkedHashMap<String, AdapterTensor>()
        val places = ArrayList<Pair<Long, String>>()
        for (number in 0 until count) {
            val at = start + 4 * number
            val (key, tensor, offset) = parameter(AdapterTable(data, at + data.uint32(at)))
            if (tensors.put(key, tensor) != null) throw malformed(name, "each tensor once", "$key twice")
            places += offset to key
        }
        for ((before, after) in places.sortedBy { it.first }.zipWithNext()) {
            if (before.first + tensors.getValue(before.second).bytes.limit() > after.first) {
                throw malformed(name, "bytes of its own for each tensor", "${before.second} and ${after.second} in the same place")
            }
        }
        return AdapterFile(root.integer(1), root.integer(2), tensors)
    }

    private fun parameter(table: AdapterTable): Triple<String, AdapterTensor, Long> {
        val (written, length) = table.vector(0, 1)
        if (length !in 1..MAX_NAME_BYTES) throw malformed(name, "tensor names of 1 to $MAX_NAME_BYTES bytes", "$length bytes")
        val key = Charsets.UTF_8.newDecoder().decode(data.part(written, length)).toString()
        val (dims, rank) = table.vector(1, 8)
        if (rank > MAX_RANK) throw malformed(name, "at most $MAX_RANK dimensions for $key", "$rank")
        val shape = List(rank.toInt()) { data.getLong((dims + 8 * it).toInt()) }
        val kind = table.integer(2)
        if (kind != FLOAT && kind != HALF) {
            throw BundleException(
                "invalid adapter $name: expected $key as float32 ($FLOAT) or float16 ($HALF), got data type $kind; " +
                    "export the adapter again",
            )
        }
        val (offset, size) = table.vector(3, 1)
        if (shape.any { it < 1 } || AdapterTensor.bytesOf(shape, kind == HALF) != size) {
            throw malformed(name, "bytes for $key $shape of data type $kind", "$size bytes")
        }
        return Triple(key, AdapterTensor(shape, kind == HALF, data.part(offset, size)), offset)
    }

    private companion object {
        const val IDENTIFIER = 0x54524F54 // TORT
        const val FORMAT_VERSION = 1
        const val FLOAT = 1
        const val HALF = 10
        const val MAX_NAME_BYTES = 1024L
        const val MAX_RANK = 4L
    }
}
