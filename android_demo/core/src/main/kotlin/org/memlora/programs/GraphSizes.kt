package org.memlora.programs

import org.memlora.files.Saturating

private const val MOST_ADDED = 16
private const val MOST_ELEMENTS = 1L shl 24
private val BITS = listOf(4L, 8L)
private val BLOCKS = listOf(16L, 32L, 64L, 128L, 256L)

/** What says a size is made of shapes and small numbers, by few additions and no product. */
internal fun checkSize(
    name: String,
    operator: String,
    wanted: String,
    constants: Map<String, GraphTensor>,
    producers: Map<String, GraphNode>,
) {
    val waiting = ArrayList(listOf(wanted))
    val seen = HashSet<String>()
    var added = 0
    while (waiting.isNotEmpty()) {
        val value = waiting.removeAt(waiting.size - 1)
        if (value.isEmpty() || !seen.add(value)) continue
        val constant = constants[value]
        val node = producers[value]
        if (constant != null) {
            if (Saturating.product(constant.values.map(::magnitude)) > MOST_ELEMENTS) {
                throw refused(name, "sizes of $operator up to $MOST_ELEMENTS", "a larger one")
            }
        } else if (node != null) {
            if (node.operator in listOf("Add", "Sub")) added++
            if (node.operator !in SIZE_STEPS || added > MOST_ADDED) {
                throw refused(name, "sizes of $operator that follow from shapes", "${node.operator} among them")
            }
            if (node.operator != "Shape") waiting += node.inputs
        }
    }
}

/** A `MatMulNBits` whose codes and scales (cast in the graph) have the sizes that its attributes say. */
internal fun checkMatrix(
    name: String,
    node: GraphNode,
    initializers: Map<String, GraphTensor>,
    producers: Map<String, GraphNode>,
) {
    val parts = node.inputs.drop(1).take(2).map { key -> initializers[producers[key]?.inputs?.firstOrNull() ?: key] }
    val (columns, rows, bits, block) = listOf("K", "N", "bits", "block_size").map { node.attributes[it] ?: 0 }
    if (minOf(columns, rows) < 1 || bits !in BITS || block !in BLOCKS || parts.size != 2 || parts.any { it == null }) {
        throw refused(name, "MatMulNBits with K, N, bits, block_size and its weights", "others")
    }
    val blocks = Saturating.product(rows, (columns - 1) / block + 1)
    val expected = Saturating.product(blocks, block * bits / 8)
    val (codes, scales) = parts.map { Saturating.product(it!!.dims) }
    if (codes != expected || scales != blocks) {
        throw refused(name, "$expected codes and $blocks scales for $rows x $columns", "$codes and $scales")
    }
}
