package org.memlora.engine.executorch

import org.memlora.engines.Embed
import org.memlora.engines.Engine
import org.memlora.engines.EngineFiles
import org.memlora.engines.Kind
import org.memlora.engines.Runtime
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.programs.checkProgram
import java.nio.file.Files
import java.nio.file.Path

/**
 * ExecuTorch: a program for each operation, its adapter inside, over one data file.
 *
 * Compiled against its Android classes and tested against a fake of them; never run on a phone, nor with its natives.
 */
public class ExecuTorchKind internal constructor(
    private val check: (Path) -> Unit,
    private val loader: ExecuTorchLoader,
) : Kind {
    /** With the natives that the app brings. */
    public constructor() : this(::checkProgram, OfficialLoader)

    override val name: String = "executorch"
    override val takesAdapter: Boolean = false

    /**
     * As [Kind.openEngine]. Nothing is shared: methods of one program would share one KV cache.
     *
     * [exact] changes nothing, for its kernels sum differently for every number of rows. Throws `ConfigException` where
     * the app does not bring ExecuTorch.
     */
    override fun openEngine(
        files: EngineFiles,
        shared: MutableMap<String, Any>,
        adapter: Boolean,
        exact: Boolean,
        runtime: Runtime,
    ): Engine {
        val program = files.program(name)
        if (!adapter) {
            throw BundleException(
                "no base without adapter for ${files.operation}: expected a program without one, got its adapter inside; " +
                    "open it with its adapter or use ONNX Runtime",
                Reason.UNLINKABLE_PARTS,
            )
        }
        val loaded = load(program, files.base, runtime)
        return opened(loaded) {
            val missing = GRADIENTS - loaded.methods
            if (missing.isNotEmpty()) throw unlike(program, "the methods of a program over a data file", "none called ${missing.first()}")
            fun limit(what: String) = speaking("${program.fileName}", "read") { loaded.constant("get_max_$what") }
            val context = limit("context_len")
            if (context != files.contextLength.toLong()) throw unlike(program, "a context of ${files.contextLength}", "$context")
            val (chunk, rows) = listOf("seq_len", "logit_rows").map { limit(it) }
            if (chunk !in 1..context || rows !in 1..context) throw unlike(program, "calls of 1 to $context tokens and rows", "$chunk and $rows")
            ExecuTorchEngine(loaded, "${program.fileName}", Limits(chunk.toInt(), rows.toInt()), files)
        }
    }

    /** As [Kind.openEmbedder], of a program of int64 `input_ids` and `attention_mask` `[1, T]`, T to [maxTokens]. */
    override fun openEmbedder(program: Path, maxTokens: Int, runtime: Runtime): Embed =
        ExecuTorchEmbed(load(program, null, runtime), "${program.fileName}", maxTokens)

    private fun load(program: Path, data: Path?, runtime: Runtime): ExecuTorchProgram {
        for (file in listOfNotNull(program, data)) {
            if (!Files.isRegularFile(file)) throw unlike(file, "a file", "none")
        }
        check(program) // ExecuTorch ends the process where an index in it is wrong
        return speaking("${program.fileName}", "load") { loader.load(program, data, runtime.threads) }
    }

    private inline fun <T> opened(loaded: ExecuTorchProgram, work: () -> T): T {
        var isOpened = false
        try {
            return work().also { isOpened = true }
        } finally {
            if (!isOpened) loaded.close()
        }
    }

    private fun unlike(file: Path, expected: String, got: String) =
        BundleException("wrong program ${file.fileName}: expected $expected, got $got; export the bundle again", Reason.UNLINKABLE_PARTS)
}
