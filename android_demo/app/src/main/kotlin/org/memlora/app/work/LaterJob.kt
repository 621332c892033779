package org.memlora.app.work

import android.app.job.JobParameters
import android.app.job.JobService
import org.memlora.app.MemloraApp

/** Keeps the process at work, or begins one that goes on with what the last one left: some minutes, as the system gives them. */
class LaterJob : JobService() {
    private val parts by lazy { (application as MemloraApp).parts }
    private var watched: AutoCloseable? = null

    override fun onStartJob(job: JobParameters?): Boolean {
        parts.later.isRunning = true
        parts.goOn()
        parts.later.isRunning = parts.isBusy.value
        if (parts.isBusy.value) watched = parts.isBusy.watch { isBusy -> if (!isBusy) end { jobFinished(job, false) } }
        return parts.isBusy.value
    }

    /** The time is over: what nobody looks at goes on another time. */
    override fun onStopJob(job: JobParameters?): Boolean {
        end { }
        if (!parts.isSeen) parts.pause()
        return true
    }

    private fun end(tell: () -> Unit) {
        watched?.close()
        watched = null
        parts.later.isRunning = false
        tell()
    }
}
