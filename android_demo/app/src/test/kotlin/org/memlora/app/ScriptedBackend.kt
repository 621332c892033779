package org.memlora.app

import org.memlora.app.assistant.Assistant
import org.memlora.app.bundle.Contents
import org.memlora.app.bundle.Part
import org.memlora.app.bundle.Verifier
import org.memlora.app.diagnostics.Measured
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.progress.Cancellation
import java.io.File
import java.io.InputStream

internal const val REFUSAL = "wrong hash of base.ptd: expected 3f2a.., got 91c0..; copy the bundle again"

/** A backend whose bundles hold `good` in their manifest, and whose memory is a [ScriptedAssistant]. */
internal class ScriptedBackend(val assistant: ScriptedAssistant = ScriptedAssistant()) : Backend {
    var opened = 0

    /** Called between two operations of a replay. */
    var onMeasured: () -> Unit = {}

    /** Called before a chat is forgotten. */
    var onForgetChat: () -> Unit = {}

    override val verifier: Verifier = Verifier { folder, hashed ->
        val manifest = File(folder, "manifest.json")
        hashed(manifest.length())
        if ("good" !in manifest.readText()) throw BundleException(REFUSAL, Reason.MALFORMED_BYTES)
        CONTENTS
    }

    override fun open(bundle: File, store: File): Assistant {
        opened++
        return assistant
    }

    override fun forgetChat(store: File, session: String, withMemories: Boolean): Set<Long> {
        onForgetChat()
        return assistant.forgetChat(session, withMemories)
    }

    override fun answer(bundle: File, requests: InputStream, answers: File, cancellation: Cancellation, told: (Int) -> Unit) {
        answers.writeText(requests.readBytes().decodeToString())
        told(1)
    }

    override fun replay(bundle: File, cancellation: Cancellation, told: (Measured) -> Unit): Double {
        told(Measured("select", 214, 214, 84.5, 31.5))
        onMeasured()
        cancellation.check()
        told(Measured("generate", 96, 95, 140.0, 28.25))
        return 0.25
    }

    companion object {
        val CONTENTS = Contents(
            name = "smollm2-135m",
            operations = listOf("generate", "select", "update"),
            engines = listOf("onnx"),
            bytes = 118_000_000,
            ramBytes = 420_000_000,
            parts = listOf(Part("base.ptd", 84_000_000), Part("model.onnx", 1_900_000), Part("embed.onnx", 23_000_000)),
            licences = mapOf("base" to "Apache-2.0", "embedder" to "MIT"),
        )
    }
}
