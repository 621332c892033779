package org.memlora.progress

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.CancellationException
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread

class CancellationTest {
    @Test
    fun `work that runs is interrupted and no other begins`() {
        val cancellation = Cancellation()
        val (begun, interrupted) = CountDownLatch(1) to CountDownLatch(1)
        val asking = thread {
            begun.await()
            cancellation.cancel()
        }
        assertThrows(CancellationException::class.java) {
            cancellation.during(interrupted::countDown) {
                begun.countDown()
                interrupted.await()
            }
        }
        asking.join()
        assertTrue(cancellation.isCancelled)
        assertThrows(CancellationException::class.java) { cancellation.during({}) { error("began") } }
    }

    @Test
    fun `after the work nothing is interrupted`() {
        val cancellation = Cancellation()
        var interrupted = 0
        assertEquals(7, cancellation.during({ interrupted++ }) { 7 })
        cancellation.cancel()
        assertEquals(0, interrupted)
    }
}
