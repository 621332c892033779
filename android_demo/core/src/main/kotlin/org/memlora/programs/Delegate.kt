package org.memlora.programs

import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.memlora.files.Saturating
import org.memlora.files.part

private const val HEAD_BYTES = 32
private const val HEAD_MAGIC = 0x30304858 // XH00
private const val GRAPH_MAGIC = 0x31304E58 // XN01
private const val NONE = 0xFFFF_FFFFL
private const val MOST_RANK = 6
private const val MOST_ELEMENTS = 1L shl 28 // of what a delegate computes
private const val MOST_CONSTANT = 1L shl 34
private const val MOST_DATATYPE = 14

/** A delegate's graph, checked; [ranks] are those of its inputs and outputs, a number held as a row. */
internal class DelegateGraph(val ranks: List<Long>)

/** The graph in the [bytes] of an XNNPACK delegate; throws [ProgramFault] where an offset, index or size does not hold. */
internal fun readDelegate(bytes: ByteBuffer): DelegateGraph {
    val data = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    if (data.limit() < HEAD_BYTES || data.getInt(4) != HEAD_MAGIC) throw ProgramFault("a delegate without its head")
    val (start, size, constants) = listOf(10, 14, 18).map { NumberType.UINT32.read(data, it) }
    val held = NumberType.UINT64.read(data, 22)
    val isWithin = start + size <= data.limit() && Saturating.sum(constants, held) <= data.limit()
    if (start % 8 != 0L || !isWithin || start + 8 > data.limit() || data.getInt(start.toInt() + 4) != GRAPH_MAGIC) {
        throw ProgramFault("a delegate whose graph leaves it")
    }
    val graph = FlatBuffer(data.part(start, size), XNNPACK).root("Graph")
    val blobs = graph.tables("constants")
    for (blob in blobs) {
        if (blob.text("key").isNullOrEmpty() && Saturating.sum(blob.whole("offset"), blob.whole("size")) > held) {
            throw ProgramFault("a delegate's constant that leaves it")
        }
    }
    val tensors = graph.tables("values").map { checkValue(it, blobs) }
    val ranks = tensors.associate { it.whole("id") to maxOf(1L, it.whole("rank")) }
    if (ranks.size != tensors.size) throw ProgramFault("two values of a delegate with one number")
    val ends = graph.numbers("inputs") + graph.numbers("outputs")
    for (index in ends) if (index !in ranks) throw ProgramFault("a delegate's value $index")
    for (node in graph.tables("nodes")) checkNode(node, ranks.keys)
    val externs = graph.whole("externs")
    val external = tensors.map { it.whole("external") }.filter { it != NONE }
    if (externs > tensors.size || external.any { it >= externs }) throw ProgramFault("a delegate's outer value beyond their number")
    return DelegateGraph(ends.map { ranks.getValue(it) })
}

/** The tensor that a value holds. */
private fun checkValue(value: FlatTable, blobs: List<FlatTable>): FlatTable {
    val held = value.table("held")
    val isQuantized = held?.kind == "Quantized"
    val tensor = if (isQuantized) held.table("tensor") else held
    val dims = tensor?.numbers("dims")
    if (tensor == null || dims == null || tensor.whole("rank") > MOST_RANK || dims.size.toLong() != tensor.whole("rank")) {
        throw ProgramFault("a delegate's value without its sizes")
    }
    val most = if (tensor.whole("constant") != 0L) MOST_CONSTANT else MOST_ELEMENTS
    if (Saturating.product(dims) > most || tensor.whole("datatype") !in 1..MOST_DATATYPE) {
        throw ProgramFault("a delegate's value of another size or type")
    }
    val quant = if (isQuantized) held.table("quant") else null
    if (tensor.whole("constant") > blobs.size || (isQuantized && quant == null)) {
        throw ProgramFault("a delegate's value without its bytes")
    }
    if (quant != null && quant.kind in listOf("Channel", "Group")) checkScales(quant, dims, blobs)
    return tensor
}

private fun checkScales(quant: FlatTable, dims: Numbers, blobs: List<FlatTable>) {
    val dim = quant.whole("dim")
    if (dim !in dims.indices || quant.whole("buffer") > blobs.size) throw ProgramFault("a delegate's scales for no dimension")
    var wanted = dims[dim.toInt()]
    if (quant.kind == "Group") {
        val size = quant.whole("size")
        if (size < 1 || size % 32 != 0L) throw ProgramFault("a delegate's groups of another size")
        wanted = if (dims.size == 2) Saturating.product(wanted, (dims[1 - dim.toInt()] + size - 1) / size) else 0
    }
    val listed = if (quant.numbers("scale").isNotEmpty()) quant.numbers("scale").size else quant.numbers("bf16").size
    val got = if (quant.whole("buffer") != 0L) quant.whole("count") else listed.toLong()
    if (got != wanted) throw ProgramFault("$got scales of a delegate where $wanted are due")
}

/** What a node reads and writes are values, [ids]; XNNPACK's own number for none is passed over. */
private fun checkNode(node: FlatTable, ids: Set<Long>) {
    val held = node.table("node") ?: throw ProgramFault("a delegate's node without a kind")
    if (held.kind == "Refused") throw ProgramFault("a delegate's node that no export writes")
    val told = listOf("perm", "shape", "sizes").map(held::numbers).firstOrNull { it.isNotEmpty() } ?: Numbers.NONE
    if (held.has("rank") && (held.whole("rank") != told.size.toLong() || told.size > MOST_RANK)) {
        throw ProgramFault("a delegate's node without its sizes")
    }
    if (held.kind == "Transpose" && told.sorted() != told.indices.map { it.toLong() }) {
        throw ProgramFault("a delegate's transposition of other dimensions")
    }
    for ((name, index) in held.wholes()) {
        val isValue = listOf("input", "output", "filter", "bias").any(name::startsWith)
        val isOptional = name in listOf("bias", "input3", "input4", "input5")
        if (isValue && !(isOptional && (index == NONE || index == 0L)) && index !in ids) {
            throw ProgramFault("a delegate's value $index")
        }
    }
}
