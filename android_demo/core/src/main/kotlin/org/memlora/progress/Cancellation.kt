package org.memlora.progress

import java.util.concurrent.CancellationException

/**
 * Asks an answer to end, from any thread; one for each answer, for it stays asked.
 *
 * The feed that runs is ended where its runtime can do that, and no other one begins.
 */
public class Cancellation {
    private val lock = Any()
    private var asked = false
    private var interrupt: (() -> Unit)? = null

    /** Whether the answer is to end. */
    public val isCancelled: Boolean get() = synchronized(lock) { asked }

    /** Ends the answer; returns at once. */
    public fun cancel(): Unit =
        synchronized(lock) {
            asked = true
            interrupt?.invoke()
        }

    /** Throws [CancellationException] once it is asked. */
    public fun check() {
        if (isCancelled) throw CancellationException("the answer was cancelled")
    }

    /** Runs [work], which [interrupted] can end early from another thread; throws as [check] before it and after it. */
    public fun <T> during(interrupted: () -> Unit, work: () -> T): T {
        synchronized(lock) {
            check()
            interrupt = interrupted
        }
        return try {
            work().also { check() }
        } catch (e: Exception) {
            check() // what was interrupted fails for that reason
            throw e
        } finally {
            synchronized(lock) { interrupt = null }
        }
    }
}
