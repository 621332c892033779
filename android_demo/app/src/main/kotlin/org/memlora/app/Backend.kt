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

    /**
     * Forgets what was said in a chat, with or without the memories that came of it, in the file [store]; their ids.
     *
     * Takes no model, so no engine can be in the way; the memory is closed meanwhile.
     */
    fun forgetChat(store: File, session: String, withMemories: Boolean): Set<Long>

    /** Replays the goldens of [bundle] and tells each operation as it is measured; what a switch of operation takes, in milliseconds. */
    fun replay(bundle: File, cancellation: Cancellation, told: (Measured) -> Unit): Double

    /** Answers the lines of [requests] (docs/parity-trace.md) in the file [answers], and tells how many are done. */
    fun answer(bundle: File, requests: InputStream, answers: File, cancellation: Cancellation, told: (Int) -> Unit)
}
