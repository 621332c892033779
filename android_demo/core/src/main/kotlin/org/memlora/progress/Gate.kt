package org.memlora.progress

import org.memlora.errors.ContractException
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.ReentrantLock

private const val LOOK_MS = 20L // how often one who waits looks whether he is still wanted

/** Lets one call at a time through, and none once it is closed. */
internal class Gate(private val what: String) {
    private val lock = ReentrantLock()
    private var isClosed = false

    /** What [call] gives; throws `CancellationException` where it is cancelled while it waits. */
    fun <T> pass(
        cancellation: Cancellation? = null,
        call: () -> T,
    ): T =
        held(cancellation) {
            if (isClosed) throw ContractException("the $what is closed: expected an open memory, got a call after its end; open it again")
            call()
        }

    /** Runs [last] once nothing runs any more, and lets nothing through after it. */
    fun close(last: () -> Unit) {
        held(null) {
            if (isClosed) return
            isClosed = true
            last()
        }
    }

    private inline fun <T> held(
        cancellation: Cancellation?,
        call: () -> T,
    ): T {
        if (lock.isHeldByCurrentThread) {
            throw ContractException("the $what is at work: expected a call after it has answered, got one from inside; wait for the answer")
        }
        if (cancellation == null) lock.lock() else wait(cancellation)
        return try {
            call()
        } finally {
            lock.unlock()
        }
    }

    private fun wait(cancellation: Cancellation) {
        try {
            while (!lock.tryLock() && !lock.tryLock(LOOK_MS, TimeUnit.MILLISECONDS)) cancellation.check()
        } catch (e: InterruptedException) {
            Thread.currentThread().interrupt()
            cancellation.cancel()
            cancellation.check()
            throw e
        }
    }
}
