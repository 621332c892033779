package org.memlora.engine.executorch

import org.memlora.engines.Embed
import org.memlora.errors.BundleException
import org.memlora.errors.ContractException
import org.memlora.errors.Reason

/** A sentence embedder's program, which pools its rows itself. */
internal class ExecuTorchEmbed(private val program: ExecuTorchProgram, private val name: String, private val maxTokens: Int) : Embed {
    override fun run(tokens: LongArray): FloatArray {
        if (tokens.size !in 1..maxTokens) {
            throw ContractException("cannot embed: expected 1 to $maxTokens tokens, got ${tokens.size}; shorten the text")
        }
        val length = tokens.size.toLong()
        return speaking(name, "run") {
            val given = program.forward(integers(tokens.asList(), 1, length), integers(List(tokens.size) { 1L }, 1, length))
            val vector = given.single().toTensor()
            if (vector.shape().size != 2 || vector.shape()[0] != 1L) throw unlike(vector.shape())
            vector.dataAsFloatArray
        }
    }

    private fun unlike(got: LongArray) =
        BundleException("wrong embedder $name: expected a vector float32 [1, d], got ${got.toList()}; export the bundle again", Reason.UNLINKABLE_PARTS)

    override fun close(): Unit = program.close()
}
