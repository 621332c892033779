package org.memlora.engine

import ai.onnxruntime.OrtLoraAdapter
import ai.onnxruntime.OrtSession
import org.memlora.parts.Embeddings
import org.memlora.programs.ROWS
import org.memlora.weights.adapterBytes

/**
 * The rows of a call, `[R, D]`, in run options of their own beside the operation's [adapter].
 *
 * ONNX Runtime's Java refuses a value for an input that has a default, but takes it from an adapter: so the rows are one.
 */
internal class OrtRows(parts: List<Embeddings>, adapter: OrtLoraAdapter?) : AutoCloseable {
    private val given =
        OrtLoraAdapter.create(adapterBytes(ROWS, listOf(parts.sumOf { it.count }, parts.first().width), joined(parts)))
    val options: OrtSession.RunOptions =
        OrtSession.RunOptions().also { options ->
            if (adapter != null) options.addActiveLoraAdapter(adapter)
            options.addActiveLoraAdapter(given)
        }

    override fun close() {
        options.close()
        given.close()
    }
}

private fun joined(parts: List<Embeddings>): FloatArray {
    val all = FloatArray(parts.sumOf { it.count * it.width })
    var place = 0
    for (part in parts) part.rows.copyInto(all, place).also { place += part.count * part.width }
    return all
}
