package org.memlora.app

import org.memlora.app.assistant.Assistant
import org.memlora.app.bundle.Contents
import org.memlora.app.bundle.Part
import org.memlora.app.bundle.Verifier
import org.memlora.app.diagnostics.Measured
import org.memlora.bundle.Bundle
import org.memlora.errors.ConfigException
import org.memlora.progress.Cancellation
import java.io.File

/** Core over ONNX Runtime. What the library cannot do yet is refused with a sentence that says so. */
object CoreBackend : Backend {
    override val verifier: Verifier = Verifier { folder, hashed ->
        contents(Bundle.open(folder.toPath(), hashed = { _, bytes -> hashed(bytes) }))
    }

    override fun open(bundle: File, store: File): Assistant = throw missing("open a memory")

    override fun replay(bundle: File, trace: File, cancellation: Cancellation, told: (Measured) -> Unit) = throw missing("replay goldens")

    private fun contents(bundle: Bundle): Contents {
        val manifest = bundle.manifest
        val parts = manifest.files.map { (name, file) -> Part(name, file.size) }.sortedByDescending { it.bytes }
        val engines = (manifest.programs.keys + manifest.operations.values.flatMap { it.programs.keys }).distinct().sorted()
        return Contents(
            name = manifest.name,
            operations = bundle.operations,
            engines = engines,
            bytes = parts.sumOf { it.bytes },
            ramBytes = manifest.ramBytesMin,
            parts = parts,
            licences = manifest.licences,
        )
    }

    private fun missing(what: String) =
        ConfigException("cannot $what yet: expected a library that does, got one that is being written; install a later build")
}
