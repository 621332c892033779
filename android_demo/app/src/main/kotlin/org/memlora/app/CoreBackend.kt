package org.memlora.app

import org.memlora.app.assistant.Assistant
import org.memlora.app.bundle.Verifier
import org.memlora.app.diagnostics.Measured
import org.memlora.errors.ConfigException
import org.memlora.progress.Cancellation
import java.io.File

/** Core's memory over ONNX Runtime. Until the library has one, every use is refused with a sentence that says so. */
object CoreBackend : Backend {
    override val verifier: Verifier = Verifier { _, _ -> throw missing("verify bundles") }

    override fun open(bundle: File, store: File): Assistant = throw missing("open a memory")

    override fun replay(bundle: File, trace: File, cancellation: Cancellation, told: (Measured) -> Unit) = throw missing("replay goldens")

    private fun missing(what: String) =
        ConfigException("cannot $what yet: expected a library that does, got one that is being written; install a later build")
}
