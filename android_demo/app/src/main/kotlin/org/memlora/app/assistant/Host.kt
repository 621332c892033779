package org.memlora.app.assistant

import org.memlora.app.work.EngineMark
import org.memlora.app.work.Live
import org.memlora.app.work.Task
import org.memlora.app.work.Worker
import org.memlora.errors.BundleException
import org.memlora.errors.ConfigException
import org.memlora.errors.MemloraException
import org.memlora.progress.Cancellation

/** How far the memory is from being used. */
sealed interface HostState {
    data object NoBundle : HostState

    data object Opening : HostState

    data object Ready : HostState

    /** Closed to give memory back; the next use opens it again. */
    data object Resting : HostState

    /** The bundle, the store or the phone is refused; another bundle helps where it [isBundle]. */
    data class Refused(val sentence: String, val isBundle: Boolean) : HostState

    /** The process died while the engine was at [during]; only the user has it tried again. */
    data class Died(val during: Task) : HostState
}

/**
 * Opens the memory when it is first needed, closes it when the phone needs the room, and says which of both.
 *
 * [open] is called on the worker's thread and gives null where there is no bundle.
 */
class Host(private val worker: Worker, private val mark: EngineMark, private val open: () -> Assistant?) {
    val state: Live<HostState> = Live(mark.left?.let { HostState.Died(it) } ?: HostState.Resting)

    /** Whether there is a memory, or may be one. */
    val isOpen: Boolean get() = state.value in OPEN

    @Volatile
    private var assistant: Assistant? = null // only the worker's thread sets it

    /** Opens the memory, unless it is open or died last time. */
    fun wake() {
        if (state.value is HostState.Died || state.value is HostState.Ready) return
        use(Task.OPENING, { _, _ -> }) { }
    }

    /** As [wake], by the user's wish also after a death. */
    fun tryAgain() {
        mark.clear()
        state.value = HostState.Resting
        wake()
    }

    /**
     * Runs [work], which is about [what], with the memory and brings its result back to the main thread.
     *
     * Where there is no memory to be had the result is a `MemloraException`, and [state] says why.
     */
    fun <T> use(what: Task, work: (Assistant, Cancellation) -> T, done: (Result<T>) -> Unit): Cancellation {
        if (state.value is HostState.Died) {
            return worker.run<T>({ throw ConfigException("the engine died last time: try it again first") }, done)
        }
        if (assistant == null) state.value = HostState.Opening
        return worker.run({ cancellation -> mark.during(what) { work(opened(), cancellation) } }, done)
    }

    /** Closes the memory once the jobs before are done; [then] is told when it is. */
    fun rest(then: () -> Unit = {}) {
        worker.run({ close() }) { result ->
            result.getOrThrow()
            if (state.value == HostState.Ready) state.value = HostState.Resting
            then()
        }
    }

    private fun close() {
        assistant?.close()
        assistant = null
    }

    private fun opened(): Assistant {
        assistant?.let { return it }
        try {
            val fresh = open()
            worker.tell { state.value = if (fresh == null) HostState.NoBundle else HostState.Ready }
            assistant = fresh
            return fresh ?: throw ConfigException("no bundle: import one first")
        } catch (refused: MemloraException) {
            worker.tell { if (state.value != HostState.NoBundle) state.value = HostState.Refused(refused.message.orEmpty(), refused is BundleException) }
            throw refused
        }
    }

    private companion object {
        val OPEN = setOf(HostState.Ready, HostState.Resting, HostState.Opening)
    }
}
