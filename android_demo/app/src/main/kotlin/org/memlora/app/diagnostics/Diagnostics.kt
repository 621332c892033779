package org.memlora.app.diagnostics

import org.memlora.app.Backend
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.sentence
import org.memlora.app.work.EngineMark
import org.memlora.app.work.Live
import org.memlora.app.work.Worker
import org.memlora.errors.ConfigException
import org.memlora.progress.Cancellation
import java.io.File
import java.util.concurrent.CancellationException

/** One operation's goldens on this phone: [equal] of [steps] greedy tokens are the arbiter's. */
data class Measured(val operation: String, val steps: Int, val equal: Int, val tokensPerSecond: Double)

/** How far a replay is; [trace] is there once one was finished. */
data class Report(val isRunning: Boolean, val measured: List<Measured>, val memory: Ram?, val failure: String?, val trace: File?)

/** Replays the bundle's goldens on the phone, and keeps the file that the same bundle's maker judges. */
class Diagnostics(
    private val places: DiagnosticsPlaces,
    private val backend: Backend,
    private val worker: Worker,
    private val host: Host,
    private val mark: EngineMark,
    private val memory: () -> Ram,
) {
    val report: Live<Report> = Live(Report(false, emptyList(), null, null, places.trace.takeIf { it.isFile }))

    private var running: Cancellation? = null

    /** The memory is closed meanwhile: two sets of engines do not fit everywhere. */
    fun run() {
        if (running != null) return
        report.value = Report(true, emptyList(), memory(), null, null)
        host.rest()
        running = worker.run({ cancellation -> mark.during(WHAT) { replay(cancellation) } }) { result ->
            running = null
            val isCancelled = result.exceptionOrNull() is CancellationException
            val failure = if (isCancelled) null else result.sentence()
            report.value = report.value.copy(isRunning = false, memory = memory(), failure = failure, trace = places.trace.takeIf { it.isFile })
        }
    }

    fun cancel() {
        running?.cancel()
    }

    private fun replay(cancellation: Cancellation) {
        if (!places.bundle.isDirectory) throw ConfigException("no bundle: import one first")
        val unfinished = File(places.trace.path + ".part")
        try {
            backend.replay(places.bundle, unfinished, cancellation) { measured ->
                cancellation.check()
                worker.tell { report.value = report.value.let { it.copy(measured = it.measured + measured, memory = memory()) } }
            }
            if (!unfinished.renameTo(places.trace)) throw ConfigException("cannot keep the trace: expected a writable disk; free some room")
        } finally {
            unfinished.delete()
        }
    }

    private companion object {
        const val WHAT = "replaying the goldens"
    }
}

/** Where the bundle lies and where its trace is written. */
class DiagnosticsPlaces(val bundle: File, val trace: File)
