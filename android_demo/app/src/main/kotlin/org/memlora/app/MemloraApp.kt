package org.memlora.app

import android.app.Application
import android.content.ComponentCallbacks2
import org.memlora.app.device.Machine
import org.memlora.app.library.CoreBackend
import org.memlora.errors.ConfigException
import java.util.concurrent.Executor
import java.util.concurrent.Executors

/** The process. [machine], [backend] and [background] are replaced by tests before [parts] is first used. */
class MemloraApp : Application() {
    var machine: () -> Machine = { Machine.of(this) }
    var backend: Backend = CoreBackend { needed -> machine().refusal(needed)?.let { throw ConfigException(it) } }
    var background: Executor = Executors.newSingleThreadExecutor { Thread(it, "memlora") }

    val parts: Parts by lazy { Parts(this, backend, background) }

    /**
     * The phone is short of memory: out of sight or last before it ends others, the engines are closed after the work at hand and
     * opened when somebody asks again; first among those to end, the work goes on later.
     */
    @Suppress("DEPRECATION") // still sent before Android 14
    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        if (level >= ComponentCallbacks2.TRIM_MEMORY_COMPLETE) parts.pause()
        if (level >= ComponentCallbacks2.TRIM_MEMORY_BACKGROUND || level == ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL) rest()
    }

    /** As the last but one step: other apps are being ended. */
    @Deprecated("the name of the platform's")
    override fun onLowMemory() {
        super.onLowMemory()
        rest()
    }

    // an import would open the engines again with its next exchange
    private fun rest() {
        parts.imports.pause()
        parts.host.rest()
    }
}
