package org.memlora.engine.executorch

import org.pytorch.executorch.EValue
import org.pytorch.executorch.Tensor

/** An embedder of two numbers: the sum of the tokens, and how many the mask takes. */
internal class FakeEmbedder : ExecuTorchProgram {
    var isOpen: Boolean = true
        private set
    var isFlat: Boolean = false
    override val methods: Set<String> = setOf(FORWARD)

    override fun constant(method: String): Long = throw IllegalStateException("no $method")

    override fun forward(vararg inputs: EValue): Array<EValue> {
        val (tokens, mask) = inputs.map { it.toTensor().dataAsLongArray }
        require(inputs.size == 2 && inputs.all { it.toTensor().shape().toList() == listOf(1L, tokens.size.toLong()) }) { "other inputs" }
        val vector = floatArrayOf(tokens.sum().toFloat(), mask.sum().toFloat())
        return arrayOf(EValue.from(Tensor.fromBlob(vector, if (isFlat) longArrayOf(2) else longArrayOf(1, 2))))
    }

    override fun close() {
        isOpen = false
    }
}
