package org.memlora.engine

import org.memlora.engines.Embed
import org.memlora.engines.Engine
import org.memlora.engines.EngineFiles
import org.memlora.engines.EngineKey
import org.memlora.engines.Kind
import org.memlora.engines.Runtime
import org.memlora.engines.See
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.parts.Tokens
import org.memlora.programs.ROWS
import org.memlora.programs.checkEmbedderGraph
import org.memlora.programs.checkGraph
import org.memlora.programs.checkVisionGraph
import org.memlora.weights.readAdapter
import java.nio.file.Path

private const val PROBE_TOKENS = 17 // more than any block of rows that a kernel is known to take at once

/** ONNX Runtime: one session for all operations of a bundle, KV in place. */
public object OrtKind : Kind {
    override val name: String = "onnx"
    override val takesAdapter: Boolean = true

    override fun openEngine(
        files: EngineFiles,
        shared: MutableMap<String, Any>,
        adapter: Boolean,
        exact: Boolean,
        runtime: Runtime,
    ): Engine {
        val graph = files.program(name)
        if (!adapter && files.adapter == null) {
            throw BundleException(
                "no base without adapter for ${files.operation}: expected a packaged bundle, got a merged one; " +
                    "open it with its adapter",
                Reason.UNLINKABLE_PARTS,
            )
        }
        val where = "$name $graph $runtime"
        val model = shared.getOrPut(where) { openModel(graph, files, runtime) } as OrtModel
        val file = files.adapter?.takeIf { adapter }
        if (file != null) checkAdapter(file, model)

        fun opened(paired: Boolean): Engine {
            val key = EngineKey(files.baseSha256, files.adapterSha256.takeIf { adapter })
            return OrtEngine(model, files, file?.let(::loadAdapter), key, paired)
        }
        if (!exact) return opened(paired = false)
        // tried out once a graph
        val isExact = shared.getOrPut("exact $where") { opened(paired = true).use(::isExact) } as Boolean
        return opened(isExact)
    }

    override fun openEmbedder(program: Path, maxTokens: Int, runtime: Runtime): Embed =
        OrtEmbed(program, runtime, checkEmbedderGraph(program).takesExactSums)

    override fun openVision(program: Path, side: Int, tokens: Int, hidden: Int, runtime: Runtime): See =
        OrtSee(program, runtime, checkVisionGraph(program, side, tokens, hidden).takesExactSums)
}

/** A session over [graph], which has the signature of docs/architecture.md and the sizes of [files]. */
private fun openModel(graph: Path, files: EngineFiles, runtime: Runtime): OrtModel {
    val checked = checkGraph(graph, files.layers, files.kvHeads, files.headDim, files.vocabSize)
    val names = checked.inputs.keys.filter { it.endsWith(".lora_A") || it.endsWith(".lora_B") }
    val width = checked.inputs[ROWS]?.dims?.last()?.toInt() ?: 0
    return OrtModel(graph, runtime, checked.takesExactSums, names.toSet(), width)
}

/** Throws [BundleException] for an adapter with a tensor that the graph cannot be given. */
private fun checkAdapter(file: Path, model: OrtModel) {
    for ((tensor, values) in readAdapter(file).tensors) {
        val expected = when {
            tensor !in model.adapterInputs -> "tensors that the graph takes"
            values.isHalf -> "tensors of float32"
            else -> continue
        }
        throw BundleException(
            "foreign adapter ${file.fileName}: expected $expected, got $tensor; export the bundle again",
            Reason.UNLINKABLE_PARTS,
        )
    }
}

/** Whether logits stay the same to the last bit however a probe of tokens is cut into feeds; resets the engine. */
internal fun isExact(engine: Engine): Boolean {
    val probe = List(minOf(PROBE_TOKENS, engine.contextLength)) { (7 * it * it + 3 * it) % engine.vocabSize }
    engine.reset()
    val whole = engine.feedAll(listOf(Tokens(probe)))
    val isSame = listOf(1, 2, 3, 8).all { size ->
        engine.reset()
        val cut = probe.chunked(size).flatMap { engine.feedAll(listOf(Tokens(it))) }
        cut.indices.all { cut[it].contentEquals(whole[it]) }
    }
    engine.reset()
    return isSame
}
