package org.memlora.app

import android.app.Application
import android.content.ComponentCallbacks2
import org.memlora.app.library.CoreBackend
import java.util.concurrent.Executor
import java.util.concurrent.Executors

/** The process. [backend] and [background] are replaced by tests before [parts] is first used. */
class MemloraApp : Application() {
    var backend: Backend = CoreBackend
    var background: Executor = Executors.newSingleThreadExecutor { Thread(it, "memlora") }

    val parts: Parts by lazy { Parts(this, backend, background) }

    /** Out of sight and the phone is short of memory: the engines are closed until somebody asks again. */
    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        @Suppress("DEPRECATION") // still sent before Android 14
        val isShort = level >= ComponentCallbacks2.TRIM_MEMORY_BACKGROUND || level == ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL
        if (isShort) parts.host.rest()
    }
}
