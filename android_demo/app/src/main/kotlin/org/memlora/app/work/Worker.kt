package org.memlora.app.work

import org.memlora.progress.Cancellation
import java.util.concurrent.Executor

/**
 * Runs jobs one after another beside the main thread and brings their results back to it.
 *
 * [onBusy] is told on the main thread when the first job begins and when the last one has ended.
 */
class Worker(private val background: Executor, private val main: Executor, private val onBusy: (Boolean) -> Unit) {
    private var waiting = 0

    /** Runs [work], which is to end when it is cancelled, and gives [done] its result or what it threw; both are called even for a job that was cancelled. */
    fun <T> run(work: (Cancellation) -> T, done: (Result<T>) -> Unit): Cancellation {
        val cancellation = Cancellation()
        if (waiting++ == 0) onBusy(true)
        background.execute {
            val result = runCatching {
                cancellation.check() // one that was cancelled while it waited never begins
                work(cancellation)
            }
            main.execute {
                try {
                    done(result) // may begin the next job: then it goes on without a pause
                } finally {
                    if (--waiting == 0) onBusy(false)
                }
            }
        }
        return cancellation
    }

    /** Calls [tell] on the main thread. */
    fun tell(tell: () -> Unit) = main.execute(tell)
}
