package org.memlora.coroutines

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.memlora.progress.Cancellation

/**
 * What [work] gives, which runs on [dispatcher].
 *
 * Where the caller is cancelled the work's `Cancellation` is asked at once, and the caller goes on when the work has ended.
 */
internal suspend fun <T> working(
    dispatcher: CoroutineDispatcher,
    work: (Cancellation) -> T,
): T =
    withContext(dispatcher) {
        val cancellation = Cancellation()
        // undispatched, so that it listens before the work begins; unconfined, for the work keeps this thread busy
        val listener =
            launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
                try {
                    awaitCancellation()
                } finally {
                    cancellation.cancel()
                }
            }
        try {
            work(cancellation)
        } finally {
            listener.cancel()
        }
    }
