package org.memlora.app.work

import android.app.Service
import android.content.Context
import android.content.Intent
import android.os.IBinder

/**
 * Lives while the worker has jobs, so that the system lets the process finish them after the screen was left.
 *
 * No foreground service: that would ask for a permission, and the app has none.
 */
class WorkService : Service() {
    override fun onBind(intent: Intent?): IBinder? = null

    // a process that died is not started again: what was interrupted is shown and the user decides
    override fun onStartCommand(intent: Intent?, flags: Int, startId: Int): Int = START_NOT_STICKY

    companion object {
        /** Starts or stops it; the system refuses a start from the background, where the job simply goes on without. */
        fun set(context: Context, isBusy: Boolean) {
            val intent = Intent(context, WorkService::class.java)
            if (!isBusy) {
                context.stopService(intent)
                return
            }
            try {
                context.startService(intent)
            } catch (refused: IllegalStateException) {
                android.util.Log.i("memlora", "work goes on without a service: ${refused.message}")
            }
        }
    }
}
