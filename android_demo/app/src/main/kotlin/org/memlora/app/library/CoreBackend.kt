package org.memlora.app.library

import ai.onnxruntime.OrtEnvironment
import android.os.Build
import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import org.memlora.MemLora
import org.memlora.app.Backend
import org.memlora.app.assistant.Assistant
import org.memlora.app.bundle.Contents
import org.memlora.app.bundle.Part
import org.memlora.app.bundle.Verifier
import org.memlora.app.diagnostics.Measured
import org.memlora.bundle.Bundle
import org.memlora.engine.OrtKind
import org.memlora.files.JsonObject
import org.memlora.files.jsonText
import org.memlora.files.parseJson
import org.memlora.parity.Performer
import org.memlora.progress.Cancellation
import org.memlora.store.Store
import java.io.File
import java.io.InputStream

/** Core over ONNX Runtime and the SQLite that the app brings; [checkFits] throws where the bytes that a bundle needs are not to be had. */
class CoreBackend(private val checkFits: (Long) -> Unit) : Backend {
    override val verifier: Verifier = Verifier { folder, hashed ->
        contents(Bundle.open(folder.toPath(), hashed = { _, bytes -> hashed(bytes) }))
    }

    override fun open(bundle: File, store: File): Assistant = CoreAssistant(MemLora.open(fitting(bundle), store, OrtKind, BundledSQLiteDriver()))

    override fun forgetChat(store: File, session: String, withMemories: Boolean): Set<Long> {
        if (!store.isFile) return emptySet()
        return Store(store, BundledSQLiteDriver(), null).use { held ->
            val sessions = sessionsOf(session, held.sessions(OWNER)) // none where all was asked, or waits
            held.forgetSessions(OWNER, sessions, withMemories).memories.toSet()
        }
    }

    override fun replay(bundle: File, cancellation: Cancellation, told: (Measured) -> Unit): Double =
        Replay(fitting(bundle), OrtKind, cancellation).use { replay ->
            replay.operations.forEach { told(replay.measure(it)) }
            replay.switchMs()
        }

    override fun answer(bundle: File, requests: InputStream, answers: File, cancellation: Cancellation, told: (Int) -> Unit) {
        val store = File(answers.path + ".db")
        try {
            Performer(fitting(bundle), OrtKind, BundledSQLiteDriver(), store, runtime()).use { performer ->
                answers.bufferedWriter().use { out ->
                    requests.bufferedReader().useLines { lines ->
                        lines.forEachIndexed { at, line ->
                            cancellation.check()
                            val request = parseJson(line.encodeToByteArray(), "request") as JsonObject
                            out.write(jsonText(performer.respond(request), "," to ":") + "\n")
                            told(at + 1)
                        }
                    }
                }
            }
        } finally {
            listOf("", "-wal", "-shm").forEach { File(store.path + it).delete() }
        }
    }

    // before any native code: what does not fit would end the process
    private fun fitting(bundle: File) = Bundle.open(bundle.toPath()).also { checkFits(it.manifest.ramBytesMin) }

    private fun runtime() =
        "Kotlin on Android ${Build.VERSION.RELEASE}, onnxruntime ${OrtEnvironment.getEnvironment().version}, ${Build.SUPPORTED_ABIS.first()}"

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
}
