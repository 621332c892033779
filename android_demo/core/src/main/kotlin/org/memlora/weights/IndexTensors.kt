package org.memlora.weights

import org.memlora.errors.BundleException
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.files.Record
import org.memlora.files.Saturating
import org.memlora.files.jsonText

private val KINDS = listOf("raw", "int4", "int8")
private val RAW_KEYS = listOf("kind", "dtype", "shape", "key", "offset", "length")
private val MATRIX_KEYS = listOf("kind", "shape", "codes", "scales")
private val WINDOW_KEYS = listOf("key", "offset", "length")
private val SCALE_KEYS = WINDOW_KEYS + listOf("dtype", "shape")
private const val MAX_RANK = 8

/** Every tensor of an index, in its order; lengths are those that shapes ask for. Throws [BundleException] (invalid values). */
public fun readTensors(index: BaseIndex, name: String = BaseIndex.NAME): Map<String, BaseTensor> =
    index.tensors.mapValues { (key, value) -> tensor("$name, ${key.take(80)}", value, index) }

private fun tensor(where: String, value: JsonValue, index: BaseIndex): BaseTensor {
    val kinds = KINDS.take(index.version + 1)
    val kind = ((value as? JsonObject)?.get("kind") as? JsonString)?.value
    if (kind !in kinds) {
        val got = (value as? JsonObject)?.get("kind")?.let { jsonText(it).take(80) } ?: "none"
        throw BundleException(
            "$where: expected ${kinds.joinToString(" or ")} in version ${index.version}, got $got; make the base again",
        )
    }
    return if (kind == "raw") raw(where, value) else matrix(where, value, kind == "int4", index.groupSize)
}

private fun raw(where: String, value: JsonValue): RawTensor {
    val record = Record.of(value, where, RAW_KEYS)
    record.choice("dtype", listOf("float32"))
    val shape = record.integers("shape")
    val told = window(record)
    checkShape(where, shape, null)
    checkWindow(where, told, Saturating.product(shape + 4L))
    return RawTensor(shape, told)
}

private fun matrix(where: String, value: JsonValue, isInt4: Boolean, groupSize: Long): QuantizedTensor {
    val record = Record.of(value, where, MATRIX_KEYS)
    val shape = record.integers("shape")
    val codes = window(Record.of(record.value("codes"), record.place("codes"), WINDOW_KEYS))
    val scales = Record.of(record.value("scales"), record.place("scales"), SCALE_KEYS)
    val got = scales.text("dtype") to scales.integers("shape")
    val held = window(scales)
    checkShape(where, shape, 2)
    val (rows, columns) = shape
    if (isInt4 && columns % groupSize != 0L) {
        throw BundleException("$where: expected int4 [N, K] in groups of $groupSize, got $shape; make the base again")
    }
    val groups = if (isInt4) listOf(rows, columns / groupSize) else listOf(rows)
    val told = (if (isInt4) "bfloat16" else "float32") to groups
    if (got != told) {
        throw BundleException(
            "$where: expected scales $told, got ${got.first.take(20)} ${got.second.take(4)}; make the base again",
        )
    }
    val values = Saturating.product(rows, columns)
    checkWindow(where, codes, if (isInt4) values / 2 else values)
    checkWindow(where, held, Saturating.product(groups + (if (isInt4) 2L else 4L)))
    return if (isInt4) Int4Tensor(shape, codes, held) else Int8Tensor(shape, codes, held)
}

private fun window(record: Record) = Window(record.text("key"), record.integer("offset"), record.integer("length"))

private fun checkShape(where: String, shape: List<Long>, rank: Int?) {
    if ((rank != null && shape.size != rank) || shape.size > MAX_RANK || shape.any { it < 1 }) {
        val expected = rank ?: "at most $MAX_RANK"
        throw BundleException(
            "$where: expected $expected dimensions of 1 or more, got ${shape.take(MAX_RANK + 1)}; make the base again",
        )
    }
}

private fun checkWindow(where: String, window: Window, expected: Long) {
    if (window.length != expected || window.offset < 0 || !isSha256(window.key)) {
        throw BundleException(
            "$where: expected $expected bytes by its shape from byte 0 or later under a sha256, got ${window.length} from " +
                "${window.offset} under '${window.key.take(70)}'; make the base again",
        )
    }
}
