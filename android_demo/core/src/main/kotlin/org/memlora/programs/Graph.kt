package org.memlora.programs

/** An initializer: its dims and type, its `[offset, end)` in the file [location], null where bytes are inside. */
public class GraphTensor internal constructor(
    public val dims: List<Long>,
    public val kind: Long,
    public val location: String?,
    public val offset: Long,
    public val length: Long,
    /** The first whole numbers of a short one. */
    internal val values: List<Long>,
)

/** An operator with its inputs, outputs and whole-number attributes. */
public class GraphNode internal constructor(
    public val domain: String,
    public val operator: String,
    public val inputs: List<String>,
    public val outputs: List<String>,
    public val attributes: Map<String, Long>,
    internal val constant: GraphTensor?,
)

/** The data type of an input or output and its dims, null for a named one. */
public data class GraphValue(public val kind: Long, public val dims: List<Long?>)

/** An ONNX graph: nodes, initializers by name, and the types of inputs and outputs. */
public class Graph internal constructor() {
    internal val nodeList = ArrayList<GraphNode>()
    internal val initializerMap = LinkedHashMap<String, GraphTensor>()
    internal val inputMap = LinkedHashMap<String, GraphValue>()
    internal val outputMap = LinkedHashMap<String, GraphValue>()
    public val nodes: List<GraphNode> get() = nodeList
    public val initializers: Map<String, GraphTensor> get() = initializerMap
    public val inputs: Map<String, GraphValue> get() = inputMap
    public val outputs: Map<String, GraphValue> get() = outputMap

    /** Whether ONNX Runtime may be asked for exact int8 sums: 1.29 ends the process over a product of five inputs. */
    public val takesExactSums: Boolean
        get() = nodes.all { it.operator != "MatMulIntegerToFloat" || it.inputs.size >= PRODUCT_INPUTS }
}

private const val PRODUCT_INPUTS = 6 // the last one may be empty

/** Bytes of an element by ONNX's data type. */
internal val ITEM_BYTES: Map<Long, Long> =
    mapOf(1L to 4L, 2L to 1L, 3L to 1L, 4L to 2L, 5L to 2L, 6L to 4L, 7L to 8L, 9L to 1L, 10L to 2L, 11L to 8L, 12L to 4L, 13L to 8L, 16L to 2L)
