package org.memlora.app.diagnostics

import org.memlora.app.Backend
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.sentence
import org.memlora.app.device.Heat
import org.memlora.app.device.Ram
import org.memlora.app.work.EngineMark
import org.memlora.app.work.Live
import org.memlora.app.work.Task
import org.memlora.app.work.Worker
import org.memlora.errors.ConfigException
import org.memlora.progress.Cancellation
import java.io.File
import java.io.InputStream
import java.util.concurrent.CancellationException

/**
 * One operation's goldens on this phone: [equal] of [steps] greedy tokens are the arbiter's; [firstTokenMs] is what a prompt
 * takes until its first token.
 */
data class Measured(val operation: String, val steps: Int, val equal: Int, val firstTokenMs: Double, val tokensPerSecond: Double)

/** What the run costs the phone: its memory, and how hot it is. */
data class Strain(val memory: Ram, val heat: Heat)

/**
 * How far a replay is; [trace] is there once one was finished.
 *
 * [switchMs] is what a step takes more after another operation's than after one of its own.
 */
data class Report(
    val isRunning: Boolean,
    val measured: List<Measured> = emptyList(),
    val switchMs: Double? = null,
    val answered: Int = 0,
    val strain: Strain? = null,
    val failure: String? = null,
    val trace: File? = null,
)

/** Replays the bundle's goldens on the phone, and answers the requests by which Python judges it. */
class Diagnostics(
    private val places: DiagnosticsPlaces,
    private val backend: Backend,
    private val worker: Worker,
    private val host: Host,
    private val mark: EngineMark,
    private val strain: () -> Strain,
) {
    val report: Live<Report> = Live(Report(isRunning = false, trace = places.trace.takeIf { it.isFile }))

    private var running: Cancellation? = null

    /** Replays the goldens. */
    fun run() = begin(Task.REPLAYING) { cancellation ->
        val switchMs = backend.replay(bundle(), cancellation) { measured ->
            worker.tell { report.value = report.value.let { it.copy(measured = it.measured + measured, strain = strain()) } }
        }
        worker.tell { report.value = report.value.copy(switchMs = switchMs) }
    }

    /** Answers the requests that [open] gives, in a store of their own. */
    fun answer(open: () -> InputStream) = begin(Task.ANSWERING) { cancellation ->
        val unfinished = File(places.trace.path + ".part")
        try {
            open().use { requests ->
                backend.answer(bundle(), requests, unfinished, cancellation) { count ->
                    worker.tell { report.value = report.value.copy(answered = count, strain = strain()) }
                }
            }
            if (!unfinished.renameTo(places.trace)) throw ConfigException("cannot keep the answers: expected a writable disk; free some room")
        } finally {
            unfinished.delete()
        }
    }

    // the memory is closed meanwhile: two sets of engines do not fit everywhere
    private fun begin(what: Task, work: (Cancellation) -> Unit) {
        if (running != null) return
        report.value = Report(isRunning = true, strain = strain(), trace = report.value.trace)
        host.rest()
        running = worker.run({ cancellation -> mark.during(what) { work(cancellation) } }) { result ->
            running = null
            val isCancelled = result.exceptionOrNull() is CancellationException
            val failure = if (isCancelled) null else result.sentence()
            report.value = report.value.copy(isRunning = false, strain = strain(), failure = failure, trace = places.trace.takeIf { it.isFile })
        }
    }

    fun cancel() {
        running?.cancel()
    }

    private fun bundle(): File = places.bundle.takeIf { it.isDirectory } ?: throw ConfigException("no bundle: import one first")
}

/** Where the bundle lies and where its trace is written. */
class DiagnosticsPlaces(val bundle: File, val trace: File)
