package org.memlora.engine.executorch

import org.pytorch.executorch.DType
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Tensor
import java.nio.FloatBuffer
import java.util.Random

internal const val VOCABULARY = 64
internal const val CONTEXT = 96
internal const val CHUNK = 5
internal const val ROWS = 3

/**
 * A program without natives that is as strict as ExecuTorch: of inputs of any other kind, order or size it says so, its KV
 * is written by position, and what it gave is overwritten by the next call. Logits are a function of [adapter] and of
 * every token up to their place.
 */
internal class FakeProgram(
    private val adapter: String,
    override val methods: Set<String> = setOf(FORWARD, "get_max_seq_len") + GRADIENTS,
    private val constants: Map<String, Long> = mapOf("seq_len" to CHUNK.toLong(), "context_len" to CONTEXT.toLong(), "logit_rows" to ROWS.toLong()),
    private val vocabulary: Int = VOCABULARY,
) : ExecuTorchProgram {
    private val held = IntArray(CONTEXT) { -1 }
    private val given: FloatBuffer = Tensor.allocateFloatBuffer(ROWS * vocabulary)

    /** The tokens of each call, and calls that are to fail instead. */
    val calls: MutableList<Int> = ArrayList()
    val failing: MutableSet<Int> = HashSet()
    var isClosed: Boolean = false
        private set

    override fun constant(method: String): Long = constants.getValue(method.removePrefix("get_max_"))

    override fun forward(vararg inputs: EValue): Array<EValue> {
        check(!isClosed) { "Module has been destroyed" }
        require(inputs.size == 3) { "expected 3 inputs, got ${inputs.size}" }
        val (tokens, past, rows) = inputs.map { numbers(it.toTensor()) }
        val shapes = inputs.map { it.toTensor().shape().toList() }
        require(shapes == listOf(listOf(1L, tokens.size.toLong()), listOf(1L), listOf(rows.size.toLong()))) { "shapes of $shapes" }
        require(tokens.size in 1..CHUNK && rows.size in 1..ROWS) { "${tokens.size} tokens and ${rows.size} rows" }
        require(rows.all { it in tokens.indices } && rows.zipWithNext().all { (a, b) -> a < b }) { "rows $rows of ${tokens.size}" }
        val start = past.single()
        require(start == 0 || held[start - 1] >= 0) { "nothing held before $start" }
        calls += tokens.size
        if (calls.lastIndex in failing) throw IllegalStateException("Execution failed for method: forward")
        tokens.forEachIndexed { i, token -> held[start + i] = token }
        rows.forEachIndexed { i, row -> write(i, start + row + 1) }
        return arrayOf(EValue.from(Tensor.fromBlob(slice(rows.size), longArrayOf(1, rows.size.toLong(), vocabulary.toLong()))))
    }

    private fun numbers(tensor: Tensor): List<Int> {
        require(tensor.dtype() == DType.INT64) { "expected int64, got ${tensor.dtype()}" }
        return tensor.dataAsLongArray.map { Math.toIntExact(it) }
    }

    private fun write(row: Int, count: Int) {
        val random = Random("$adapter ${held.take(count)}".hashCode().toLong())
        repeat(vocabulary) { given.put(row * vocabulary + it, random.nextGaussian().toFloat()) }
    }

    private fun slice(rows: Int): FloatBuffer {
        val view = given.duplicate()
        (view as java.nio.Buffer).position(0).limit(rows * vocabulary)
        return view.slice()
    }

    override fun close() {
        isClosed = true
    }
}
