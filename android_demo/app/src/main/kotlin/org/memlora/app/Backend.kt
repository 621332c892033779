package org.memlora.app

import org.memlora.app.assistant.Assistant
import org.memlora.app.bundle.Verifier
import org.memlora.app.diagnostics.Measured
import org.memlora.progress.Cancellation
import java.io.File
import java.io.InputStream

/** What the app needs of core and the engine; tests bring a scripted one. Called on the worker's thread. */
interface Backend {
    val verifier: Verifier

    /** The memory of [bundle] in the file [store], which is made when it is not there. */
    fun open(bundle: File, store: File): Assistant

    /** Replays the goldens of [bundle] and tells each operation as it is measured. */
    fun replay(bundle: File, cancellation: Cancellation, told: (Measured) -> Unit)

    /** Answers the lines of [requests] (docs/parity-trace.md) in the file [answers], and tells how many are done. */
    fun answer(bundle: File, requests: InputStream, answers: File, cancellation: Cancellation, told: (Int) -> Unit)
}
