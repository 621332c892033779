package org.memlora.app.work

import android.app.job.JobInfo
import android.app.job.JobScheduler
import android.content.ComponentName
import android.content.Context

private const val JOB = 1
private const val AFTER_MS = 20_000L

/**
 * Has the system call [LaterJob] while there is something to be done, also after the process died.
 *
 * Not after the phone was started anew: jobs that outlive that ask for a permission, and the app has none.
 */
class Later(private val context: Context) {
    private val scheduler get() = checkNotNull(context.getSystemService(JobScheduler::class.java))

    /** Whether the job runs; the system would end it if it were asked for again. */
    var isRunning: Boolean = false

    fun want(isWanted: Boolean) {
        if (isRunning) return
        if (isWanted) scheduler.schedule(job()) else scheduler.cancel(JOB)
    }

    private fun job() = JobInfo.Builder(JOB, ComponentName(context, LaterJob::class.java)).setMinimumLatency(AFTER_MS).build()
}
