package org.memlora.programs

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.charset.CharacterCodingException
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Limits

private const val INT32 = 6L
private const val INT64 = 7L
private const val MOST_VALUES = 64
private const val NOWHERE = -1L

/** The graph in the bytes of an `.onnx` file; throws [BundleException] (malformed bytes) when they are not one. */
public fun readGraph(data: ByteBuffer, name: String): Graph =
    try {
        model(data)
    } catch (e: ProgramFault) {
        throw malformed(name, e.message!!, e)
    } catch (e: CharacterCodingException) {
        throw malformed(name, "a name that is no UTF-8", e)
    }

private fun malformed(name: String, got: String, cause: Exception) =
    BundleException(
        "malformed graph $name: expected an ONNX model, got ${got.take(120).replace('\n', ' ')}; export the bundle again",
        Reason.MALFORMED_BYTES,
        cause,
    )

private fun model(data: ByteBuffer): Graph {
    var graph: Graph? = null
    forEachField(data) { key, value ->
        if (key == 7L) {
            if (graph != null) throw ProgramFault("two graphs")
            graph = graph(nested(value))
        } else if (key == 20L || key == 25L) {
            throw ProgramFault("functions or training")
        }
    }
    return graph ?: throw ProgramFault("no graph")
}

private fun graph(data: ByteBuffer): Graph {
    val graph = Graph()
    forEachField(data) { key, value ->
        when (key) {
            1L -> {
                graph.nodeList += node(nested(value))
                if (graph.nodeList.size > Limits.MAX_GRAPH_NODES) throw ProgramFault("more than ${Limits.MAX_GRAPH_NODES} nodes")
            }
            5L -> {
                val (title, tensor) = TensorReader().read(nested(value))
                if (graph.initializerMap.put(title, tensor) != null) throw ProgramFault("${title.take(60)} twice")
            }
            11L, 12L -> {
                val (title, kind) = valueInfo(nested(value))
                (if (key == 11L) graph.inputMap else graph.outputMap)[title] = kind
            }
            15L -> throw ProgramFault("sparse weights")
        }
    }
    return graph
}

private fun node(data: ByteBuffer): GraphNode {
    val names = mapOf(1L to ArrayList<String>(), 2L to ArrayList(), 4L to ArrayList(), 7L to ArrayList())
    val attributes = LinkedHashMap<String, Long>()
    var constant: GraphTensor? = null
    forEachField(data) { key, value ->
        names[key]?.add(text(value))
        if (key == 5L) {
            val (title, whole, tensor) = attribute(nested(value))
            attributes[title] = whole
            constant = tensor ?: constant
        }
    }
    val operator = names.getValue(4).joinToString("")
    var held = if (operator == "Constant") constant else null
    if (operator == "Constant" && held == null) {
        val largest = attributes.values.maxOfOrNull(::magnitude) ?: 0
        held = GraphTensor(emptyList(), INT64, null, 0, 8, listOf(largest))
    }
    return GraphNode(names.getValue(7).joinToString(""), operator, names.getValue(1), names.getValue(2), attributes, held)
}

private fun attribute(data: ByteBuffer): Triple<String, Long, GraphTensor?> {
    var title = ""
    var whole = 0L
    var tensor: GraphTensor? = null
    forEachField(data) { key, value ->
        when (key) {
            1L -> title = text(value)
            3L -> whole = number(value)
            5L -> tensor = TensorReader().read(nested(value)).second
            8L -> {
                whole = maxOf(whole, 0)
                forEachInteger(value) { whole = maxOf(whole, magnitude(it)) }
            }
            6L, 11L -> throw ProgramFault("a graph within the graph")
        }
    }
    return Triple(title, whole, tensor)
}

/** The magnitude of a number, the largest one for the least. */
internal fun magnitude(value: Long): Long = if (value == Long.MIN_VALUE) Long.MAX_VALUE else Math.abs(value)

private class TensorReader {
    private var title = ""
    private val dims = ArrayList<Long>()
    private var kind = 0L
    private var length = 0L
    private val outside = HashMap<String, String>()
    private var values = ArrayList<Long>()

    fun read(data: ByteBuffer): Pair<String, GraphTensor> {
        forEachField(data) { key, value ->
            when (key) {
                1L -> forEachInteger(value) { dims += it }
                2L -> kind = number(value)
                8L -> title = text(value)
                9L -> raw(nested(value))
                4L, 5L, 7L, 10L, 11L -> numbers(value, key)
                13L -> entry(nested(value)).let { (name, written) -> outside[name] = written }
            }
        }
        if (outside.isEmpty()) return title to GraphTensor(dims, kind, null, 0, length, values)
        val location = outside["location"] ?: ""
        return title to GraphTensor(dims, kind, location, told("offset"), told("length"), values)
    }

    /** A size of the bytes outside, as text; one that is missing can be no place in a file. */
    private fun told(key: String): Long {
        val written = outside[key] ?: return NOWHERE
        if (!SIZE.matches(written)) throw ProgramFault("'${written.take(40)}' as $key")
        return written.toLong()
    }

    private fun raw(bytes: ByteBuffer) {
        length = bytes.limit().toLong()
        val size = ITEM_BYTES[kind]?.toInt() ?: return
        if ((kind != INT32 && kind != INT64) || length > 8 * MOST_VALUES || length % size != 0L) return
        val numbers = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN)
        values = (0 until length.toInt() step size).mapTo(ArrayList()) { at ->
            if (kind == INT64) numbers.getLong(at) else numbers.getInt(at).toLong()
        }
    }

    /** How many numbers a typed data field holds, and the first of them where they are whole. */
    private fun numbers(value: Field, key: Long) {
        var count = 0L
        if (value is Field.Whole) {
            count = 1
            if (key == 5L || key == 7L) values += value.value
        } else if (key == 4L || key == 10L) {
            count = nested(value).limit() / (if (key == 4L) 4L else 8L)
        } else {
            forEachInteger(value) { if (count++ < MOST_VALUES) values += it }
        }
        length += count * (ITEM_BYTES[kind] ?: 0)
    }

    private companion object {
        val SIZE = Regex("-?[0-9]{1,18}")
    }
}

private fun entry(data: ByteBuffer): Pair<String, String> {
    val entry = HashMap<Long, String>()
    forEachField(data) { key, value -> entry[key] = text(value) }
    return (entry[1] ?: "") to (entry[2] ?: "")
}

private fun valueInfo(data: ByteBuffer): Pair<String, GraphValue> {
    var title = ""
    var kind = 0L
    val dims = ArrayList<Long?>()
    forEachField(data) { key, value ->
        if (key == 1L) title = text(value)
        if (key == 2L) {
            forEachTensorField(nested(value)) { inner, part ->
                if (inner == 1L) kind = number(part)
                if (inner == 2L) forEachField(nested(part)) { place, dim -> if (place == 1L) dims += dim(nested(dim)) }
            }
        }
    }
    return title to GraphValue(kind, dims)
}

private fun dim(data: ByteBuffer): Long? {
    var size: Field? = null
    forEachField(data) { key, value -> if (key == 1L) size = value }
    return size?.let(::number)
}

/** Fields of the tensor type in a value's type. */
private fun forEachTensorField(data: ByteBuffer, visit: (Long, Field) -> Unit) {
    forEachField(data) { kind, message ->
        if (kind in listOf(4L, 5L, 8L, 9L)) throw ProgramFault("a value that is no tensor")
        if (kind == 1L) forEachField(nested(message), visit)
    }
}
