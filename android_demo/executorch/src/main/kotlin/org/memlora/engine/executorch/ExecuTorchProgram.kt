package org.memlora.engine.executorch

import org.memlora.errors.BundleException
import org.memlora.errors.ConfigException
import org.memlora.errors.MemloraException
import org.memlora.errors.Reason
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Module
import org.pytorch.executorch.training.TrainingModule
import java.nio.file.Path

/** A loaded program as the engine calls it, with ExecuTorch's own values; what a method gives is good until the next call. */
internal interface ExecuTorchProgram : AutoCloseable {
    /** The names of its methods. */
    val methods: Set<String>

    /** The number that a method without inputs gives. */
    fun constant(method: String): Long

    /** What `forward` gives for [inputs]. */
    fun forward(vararg inputs: EValue): Array<EValue>
}

/** Loads the program in a file, over the data file where it has its weights in one. */
internal fun interface ExecuTorchLoader {
    fun load(program: Path, data: Path?, threads: Int): ExecuTorchProgram
}

/**
 * ExecuTorch's Android classes, which load its natives.
 *
 * `Module` takes no data file, so a program over one runs in a `TrainingModule`, which asks the program where its gradients
 * begin: [GRADIENTS] behind its one output, and none.
 */
internal object OfficialLoader : ExecuTorchLoader {
    override fun load(program: Path, data: Path?, threads: Int): ExecuTorchProgram {
        val module = Module.load("$program", Module.LOAD_MODE_MMAP, threads)
        return if (data == null) Whole(module) else OverData(module, TrainingModule.load("$program", "$data"))
    }

    private class Whole(private val module: Module) : ExecuTorchProgram {
        override val methods: Set<String> = module.getMethods().toSet()

        override fun constant(method: String): Long = module.execute(method)[0].toInt()

        override fun forward(vararg inputs: EValue): Array<EValue> = module.forward(*inputs)

        override fun close() = module.destroy()
    }

    private class OverData(private val module: Module, private val joint: TrainingModule) : ExecuTorchProgram {
        override val methods: Set<String> = module.getMethods().toSet()

        override fun constant(method: String): Long = module.execute(method)[0].toInt()

        override fun forward(vararg inputs: EValue): Array<EValue> = joint.executeForwardBackward(FORWARD, *inputs)

        override fun close() {
            joint.close()
            module.destroy()
        }
    }
}

internal const val FORWARD: String = "forward"

/** Methods without inputs that `TrainingModule` asks for. */
internal val GRADIENTS: List<String> = listOf("gradients_index", "parameters_index", "fqn").map { "__et_training_${it}_$FORWARD" }

/** What [work] gives; what ExecuTorch throws becomes a sentence about [name]. */
internal inline fun <T> speaking(name: String, what: String, work: () -> T): T =
    try {
        work()
    } catch (e: MemloraException) {
        throw e
    } catch (e: LinkageError) {
        throw ConfigException(
            "no ExecuTorch: expected the app to bring org.pytorch:executorch-android for this processor, got ${e.message}; add it",
            e,
        )
    } catch (e: RuntimeException) { // whatever its Java and native code throw is of this kind
        throw BundleException("cannot $what $name: expected ExecuTorch to take it, got ${e.message}; export the bundle again", Reason.UNLINKABLE_PARTS, e)
    }
