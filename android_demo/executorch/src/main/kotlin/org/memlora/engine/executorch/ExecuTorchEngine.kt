package org.memlora.engine.executorch

import org.memlora.engines.Engine
import org.memlora.engines.EngineFiles
import org.memlora.engines.EngineKey
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.progress.Cancellation
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Tensor

/** The most that a program takes at once: a call's tokens, and its rows of logits. */
internal class Limits(val chunk: Int, val rows: Int)

/**
 * One operation's program, its adapter inside, and its own KV cache, as `runtime_py/engines/executorch.py` runs it.
 *
 * Longer feeds are cut. The KV is written by position, so feeding after a rewind overwrites. A call that runs cannot be
 * ended: a cancellation is seen between two of them.
 */
internal class ExecuTorchEngine(
    private val program: ExecuTorchProgram,
    private val name: String,
    private val limits: Limits,
    files: EngineFiles,
) : Engine(EngineKey(files.baseSha256, files.adapterSha256), files.vocabSize, files.contextLength) {
    override fun run(tokens: IntArray, past: Int, positions: IntArray, cancellation: Cancellation?): List<FloatArray> {
        val logits = ArrayList<FloatArray>(positions.size)
        var first = 0
        while (first < tokens.size) {
            val end = minOf(first + limits.chunk, tokens.size)
            val asked = positions.filter { it in first until end }
            // more rows than a call gives: it ends where they run out
            val last = asked.getOrNull(limits.rows) ?: end
            val rows = asked.take(limits.rows).map { it - first }
            val fed = tokens.copyOfRange(first, last)
            logits += if (cancellation == null) call(fed, past + first, rows) else cancellation.during({}) { call(fed, past + first, rows) }
            first = last
        }
        return logits
    }

    private fun call(tokens: IntArray, past: Int, rows: List<Int>): List<FloatArray> {
        val wanted = rows.ifEmpty { listOf(0) } // a program gives one row at least
        val inputs = arrayOf(
            integers(tokens.map(Int::toLong), 1, tokens.size.toLong()),
            integers(listOf(past.toLong()), 1),
            integers(wanted.map(Int::toLong), wanted.size.toLong()),
        )
        return speaking(name, "run") {
            val tensor = program.forward(*inputs).single().toTensor()
            val expected = longArrayOf(1, wanted.size.toLong(), vocabSize.toLong())
            if (!tensor.shape().contentEquals(expected)) throw unlike(expected, tensor.shape())
            val all = tensor.dataAsFloatArray // a copy: the next call writes over what this one gave
            List(rows.size) { row -> all.copyOfRange(row * vocabSize, (row + 1) * vocabSize) }
        }
    }

    private fun unlike(expected: LongArray, got: LongArray) =
        BundleException(
            "wrong program $name: expected logits of ${expected.toList()}, got ${got.toList()}; export the bundle again",
            Reason.UNLINKABLE_PARTS,
        )

    override fun close(): Unit = program.close()
}

/** An int64 tensor of [numbers]. */
internal fun integers(numbers: List<Long>, vararg shape: Long): EValue = EValue.from(Tensor.fromBlob(numbers.toLongArray(), shape))
