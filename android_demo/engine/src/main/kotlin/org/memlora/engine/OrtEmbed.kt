package org.memlora.engine

import ai.onnxruntime.OnnxTensor
import org.memlora.engines.Embed
import org.memlora.engines.Runtime
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import java.nio.LongBuffer
import java.nio.file.Path

/** A graph of int64 `input_ids` and `attention_mask` `[1, T]` (and `token_type_ids`) to float32 `[1, d]`. */
internal class OrtEmbed(program: Path, runtime: Runtime, exactSums: Boolean) : Embed {
    private val model = OrtModel(program, runtime, exactSums)

    override fun run(tokens: LongArray): FloatArray {
        val given = mapOf(
            "input_ids" to tokens,
            "attention_mask" to LongArray(tokens.size) { 1 },
            "token_type_ids" to LongArray(tokens.size),
        )
        val inputs = LinkedHashMap<String, OnnxTensor>()
        try {
            for (name in model.session.inputNames) {
                val numbers = given[name] ?: throw unlike("the inputs ${given.keys}", name)
                inputs[name] = OnnxTensor.createTensor(environment, LongBuffer.wrap(numbers), longArrayOf(1, numbers.size.toLong()))
            }
            return model.running { model.session.run(inputs).use { pooled(it.get(0).value) } }
        } finally {
            inputs.values.forEach(OnnxTensor::close)
        }
    }

    /** `[1, d]` as ONNX Runtime gives it: rows of an array of arrays. */
    private fun pooled(value: Any): FloatArray {
        val rows = value as? Array<*>
        return rows?.singleOrNull() as? FloatArray ?: throw unlike("a vector float32 [1, d]", value.javaClass.simpleName)
    }

    private fun unlike(expected: String, got: String) =
        BundleException(
            "wrong embedder ${model.name}: expected $expected, got $got; export the bundle again",
            Reason.UNLINKABLE_PARTS,
        )

    override fun close(): Unit = model.close()
}
