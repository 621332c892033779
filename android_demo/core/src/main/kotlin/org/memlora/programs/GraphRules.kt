package org.memlora.programs

import java.nio.file.Files
import java.nio.file.InvalidPathException
import java.nio.file.Path
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Saturating
import org.memlora.files.mapFile

/** The input of a language graph that takes embeddings, float32 `[R, D]`: token V + r stands for row r. */
public const val ROWS: String = "rows"

private const val FLOAT = 1L
private const val UINT8 = 2L
private const val INT64 = 7L
private const val COLOURS = 3L
private const val MOST_AROUND = 64L // of pads, strides, dilations and kernels: what grows a picture
private val STANDARD_DOMAINS = listOf("", "ai.onnx")
private val EMBEDDER_INPUTS = setOf("input_ids", "attention_mask", "token_type_ids")

/**
 * The graph at [path] of a language model, which fits these facts, before ONNX Runtime sees it.
 *
 * Throws [BundleException], and [java.io.IOException] where the file cannot be read.
 */
public fun checkGraph(path: Path, layers: Int, kvHeads: Int, headDim: Int, vocabSize: Int): Graph {
    val graph = checked(path)
    val pasts = (0 until layers).flatMap { listOf("$it.key", "$it.value") }
    val cache = GraphValue(FLOAT, listOf(1, kvHeads.toLong(), null, headDim.toLong()))
    val wanted =
        mapOf(
            "tokens" to GraphValue(INT64, listOf(1, null)),
            "past_length" to GraphValue(INT64, listOf(1)),
            "logit_positions" to GraphValue(INT64, listOf(null)),
        ) + pasts.associate { "past.$it" to cache }
    val given = mapOf("logits" to GraphValue(FLOAT, listOf(1, null, vocabSize.toLong()))) + pasts.associate { "present.$it" to cache }
    val inputs = graph.inputs.filterKeys { it !in graph.initializers && !it.endsWith(".lora_A") && !it.endsWith(".lora_B") }
    val name = path.fileName.toString()
    compare(name, "input", wanted, inputs)
    if (ROWS in graph.inputs) checkRows(name, graph)
    compare(name, "output", given, graph.outputs)
    return graph
}

/** The graph at [path] that makes [tokens] rows of [hidden] numbers of a picture; throws as [checkGraph]. */
public fun checkVisionGraph(path: Path, side: Int, tokens: Int, hidden: Int): Graph {
    val name = path.fileName.toString()
    val graph = checked(path, SEEING)
    for (node in graph.nodes) {
        val around = if (node.operator in SEEING) node.attributes.filterKeys { it != "group" }.values.maxOrNull() ?: 0 else 0
        if (around > MOST_AROUND) throw refused(name, "numbers of ${node.operator} up to $MOST_AROUND", "$around")
    }
    val pixels = GraphValue(UINT8, listOf(side.toLong(), side.toLong(), COLOURS))
    compare(name, "input", mapOf("pixels" to pixels), graph.inputs.filterKeys { it !in graph.initializers })
    compare(name, "output", mapOf(ROWS to GraphValue(FLOAT, listOf(tokens.toLong(), hidden.toLong()))), graph.outputs)
    return graph
}

/** Rows of one known width, with a default that one may leave. */
private fun checkRows(name: String, graph: Graph) {
    val (kind, dims) = graph.inputs.getValue(ROWS)
    val held = graph.initializers[ROWS]
    if (kind != FLOAT || dims.size != 2 || dims[0] != null || held?.dims != listOf(1L, dims[1])) {
        throw unlinkable(name, "$ROWS of data type $FLOAT, [null, D], and a default of one row", "$kind, $dims")
    }
}

/** The graph at [path] of a sentence embedder; throws as [checkGraph]. */
public fun checkEmbedderGraph(path: Path): Graph {
    val graph = checked(path)
    val inputs = graph.inputs.keys.filter { it !in graph.initializers }
    if (!EMBEDDER_INPUTS.containsAll(inputs) || graph.outputs.size != 1) {
        val got = "${inputs.take(4)} and ${graph.outputs.keys.take(4)}"
        throw unlinkable(path.fileName.toString(), "inputs out of $EMBEDDER_INPUTS and one output", got)
    }
    return graph
}

private fun compare(name: String, what: String, wanted: Map<String, GraphValue>, got: Map<String, GraphValue>) {
    val different = (wanted.keys - got.keys) + (got.keys - wanted.keys)
    if (different.isNotEmpty()) {
        val first = different.min()
        val expected = if (first in wanted) "the $what $first" else "no $what ${first.take(60)}"
        throw unlinkable(name, "$expected of the manifest's model", "another graph")
    }
    for ((key, value) in wanted) {
        val (kind, dims) = got.getValue(key)
        val isSame = kind == value.kind && dims.size == value.dims.size
        if (!isSame || dims.indices.any { value.dims[it] != null && dims[it] != value.dims[it] }) {
            throw unlinkable(name, "$key of data type ${value.kind}, ${value.dims}", "$kind, $dims")
        }
    }
}

/** The graph of [path], of known operators, bounded sizes, and tensors that lie in its neighbours' files. */
private fun checked(path: Path, operators: Set<String> = emptySet()): Graph {
    val name = path.fileName.toString()
    val graph = readGraph(mapFile(path), name)
    for (node in graph.nodes) {
        val isBesides = node.domain in STANDARD_DOMAINS && node.operator in operators
        if (!isBesides && node.operator !in (OPERATORS[node.domain] ?: emptySet())) {
            throw refused(name, "known operators", "${node.domain.take(40)}:${node.operator.take(40)}")
        }
    }
    for ((key, tensor) in graph.initializers) checkTensor(path, key, tensor)
    val producers = HashMap<String, GraphNode>()
    val constants = HashMap(graph.initializers)
    for (node in graph.nodes) {
        for (out in node.outputs) {
            producers[out] = node
            if (node.constant != null) constants[out] = node.constant
        }
    }
    for (node in graph.nodes) {
        val first = GROWING[node.operator]
        if (first != null && node.domain in STANDARD_DOMAINS) {
            for (size in node.inputs.drop(first)) checkSize(name, node.operator, size, constants, producers)
        }
        if (node.operator == "MatMulNBits") checkMatrix(name, node, graph.initializers, producers)
    }
    return graph
}

private fun checkTensor(path: Path, key: String, tensor: GraphTensor) {
    val name = path.fileName.toString()
    val size = ITEM_BYTES[tensor.kind]
    if (size == null || tensor.dims.any { it < 0 }) {
        throw refused(name, "${key.take(60)} of a known type and size", "${tensor.kind} ${tensor.dims.take(8)}")
    }
    val expected = Saturating.product(tensor.dims + size)
    if (tensor.length != expected) {
        throw refused(name, "$expected bytes for ${key.take(60)} ${tensor.dims.take(8)}", "${tensor.length}")
    }
    val location = tensor.location ?: return
    val file = beside(path, location)
        ?: throw unlinkable(name, "${key.take(60)} in a file beside it", "'${location.take(60)}'")
    val held = Files.size(file)
    val end = Saturating.sum(maxOf(tensor.offset, 0), tensor.length)
    if (tensor.offset < 0 || end > held) {
        throw unlinkable(name, "${key.take(60)} within the $held bytes of $location", "an end at $end")
    }
}

/** The file [location] in the folder of [path], null where that names none. */
private fun beside(path: Path, location: String): Path? {
    if (location in listOf("", ".", "..") || location.any { it in "/\\" }) return null
    return try {
        path.resolveSibling(location).takeIf(Files::isRegularFile)
    } catch (e: InvalidPathException) {
        null // no system has a file of this name
    }
}

internal fun refused(name: String, expected: String, got: String) =
    BundleException("refused graph $name: expected $expected, got $got; export the bundle again")

private fun unlinkable(name: String, expected: String, got: String) =
    BundleException("wrong graph $name: expected $expected, got $got; export the bundle again", Reason.UNLINKABLE_PARTS)
