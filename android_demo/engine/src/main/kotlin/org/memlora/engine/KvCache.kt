package org.memlora.engine

import ai.onnxruntime.OnnxTensor
import org.memlora.engines.EngineFiles
import java.nio.Buffer
import java.nio.FloatBuffer

private const val FIRST_PLACES = 256

/**
 * Keys and values of each layer, float32 `[1, Hkv, C, d]` each, which the graph reads and writes in place.
 *
 * C grows with what is held, for a phone has no memory to spare for a context that is seldom full; no number depends on
 * it. Written by position, so what lies behind the places held has no meaning.
 */
internal class KvCache(private val files: EngineFiles) : AutoCloseable {
    private class Side(val name: String, val buffer: FloatBuffer, val tensor: OnnxTensor)

    private var places = 0
    private var sides = emptyList<Side>()

    /** The tensors by name: `<layer>.key` and `<layer>.value`. */
    val tensors: Map<String, OnnxTensor> get() = sides.associate { it.name to it.tensor }

    /** Makes room for [wanted] places, the first [held] of which stay as they are; whether tensors are others now. */
    fun reserve(wanted: Int, held: Int): Boolean {
        if (wanted <= places) return false
        var larger = maxOf(places, FIRST_PLACES)
        while (larger < wanted) larger *= 2
        larger = minOf(larger, files.contextLength)
        val names = (0 until files.layers).flatMap { listOf("$it.key", "$it.value") }
        val grown = names.mapIndexed { i, name -> side(name, larger, sides.getOrNull(i)?.buffer, held) }
        close()
        sides = grown
        places = larger
        return true
    }

    private fun side(name: String, larger: Int, old: FloatBuffer?, held: Int): Side {
        val buffer = directBytes(Float.SIZE_BYTES * files.kvHeads * larger * files.headDim).asFloatBuffer()
        if (old != null) {
            for (head in 0 until files.kvHeads) {
                val rows = old.duplicate()
                (rows as Buffer).limit((head * places + held) * files.headDim).position(head * places * files.headDim)
                (buffer as Buffer).position(head * larger * files.headDim)
                buffer.put(rows)
            }
            (buffer as Buffer).rewind()
        }
        val shape = longArrayOf(1, files.kvHeads.toLong(), larger.toLong(), files.headDim.toLong())
        return Side(name, buffer, OnnxTensor.createTensor(environment, buffer, shape))
    }

    override fun close() {
        sides.forEach { it.tensor.close() }
        sides = emptyList()
        places = 0
    }
}
