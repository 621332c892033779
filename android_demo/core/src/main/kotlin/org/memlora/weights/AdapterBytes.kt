package org.memlora.weights

import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val HEAD_BYTES = 8 // where the root lies, the identifier
private const val TABLE_BYTES = 20 // both kinds of tables: where the fields are described, four fields of 4 bytes
private const val FIELDS_BYTES = 12
private const val ADAPTER_AT = HEAD_BYTES + FIELDS_BYTES
private const val LIST_AT = ADAPTER_AT + TABLE_BYTES
private const val PARAMETER_AT = LIST_AT + 8 + FIELDS_BYTES
private const val NAME_AT = PARAMETER_AT + TABLE_BYTES
private const val FLOAT = 1
private const val FORMAT_VERSION = 1

/** The bytes of an `.onnx_adapter` with one float32 tensor, [values] in the shape [dims]; `parseAdapter` has the format. */
public fun adapterBytes(
    name: String,
    dims: List<Int>,
    values: FloatArray,
): ByteArray {
    require(dims.fold(1L) { product, dim -> product * dim } == values.size.toLong()) { "expected $dims values, got ${values.size}" }
    val written = name.toByteArray(Charsets.UTF_8)
    val dimsAt = lengthAt(NAME_AT + Int.SIZE_BYTES + written.size + 1)
    val valuesAt = lengthAt(dimsAt + Int.SIZE_BYTES + Long.SIZE_BYTES * dims.size)
    val out = ByteBuffer.allocate(valuesAt + Int.SIZE_BYTES + Float.SIZE_BYTES * values.size).order(ByteOrder.LITTLE_ENDIAN)
    out.putInt(ADAPTER_AT).put("TORT".toByteArray(Charsets.US_ASCII))
    out.putFields().putInt(FIELDS_BYTES).putInt(FORMAT_VERSION).putInt(1).putInt(1).putInt(LIST_AT - out.position())
    out.putInt(1).putInt(PARAMETER_AT - out.position())
    out.putFields().putInt(FIELDS_BYTES).putInt(NAME_AT - out.position()).putInt(dimsAt - out.position()).putInt(FLOAT)
    out.putInt(valuesAt - out.position())
    out.putInt(written.size).put(written)
    out.putInt(dimsAt, dims.size)
    dims.forEachIndexed { place, dim -> out.putLong(dimsAt + Int.SIZE_BYTES + Long.SIZE_BYTES * place, dim.toLong()) }
    out.putInt(valuesAt, Float.SIZE_BYTES * values.size)
    values.forEachIndexed { place, value -> out.putFloat(valuesAt + Int.SIZE_BYTES + Float.SIZE_BYTES * place, value) }
    return out.array()
}

/** The description of a table with four fields of 4 bytes, one after the other. */
private fun ByteBuffer.putFields(): ByteBuffer {
    for (number in listOf(FIELDS_BYTES, TABLE_BYTES, 4, 8, 12, 16)) putShort(number.toShort())
    return this
}

/** Where the length of a vector lies that follows byte [end]: its items begin at a multiple of 8. */
private fun lengthAt(end: Int): Int = (end + Int.SIZE_BYTES + 7) / 8 * 8 - Int.SIZE_BYTES
