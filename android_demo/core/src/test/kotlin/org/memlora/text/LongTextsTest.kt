package org.memlora.text

import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import org.memlora.text.days.annotate
import org.memlora.text.days.parseMoment
import java.lang.management.ManagementFactory
import java.time.LocalDate

/** A text of 100,000 letters takes seconds where the time is linear and hours where it is not, and no deep stack. */
class LongTextsTest {
    @ParameterizedTest
    @MethodSource("texts")
    fun `long texts take linear time and a small stack`(text: String) {
        annotate("I left last Friday at 5, I'd said", DAY) // what is loaded once
        var fault: Throwable? = null
        var seconds = 0.0
        val work =
            Thread(null, {
                val begin = threads.currentThreadCpuTime
                annotate(text, DAY)
                sentences(text)
                parseMoment(text)
                seconds = (threads.currentThreadCpuTime - begin) / 1e9
            }, "long text", STACK_BYTES)
        work.setUncaughtExceptionHandler { _, thrown -> fault = thrown }
        work.start()
        work.join()
        assertNull(fault)
        assertTrue(seconds < MOST_SECONDS, "$seconds s")
    }

    companion object {
        private const val STACK_BYTES = 256L * 1024
        private const val MOST_SECONDS = 60
        private val DAY = LocalDate.of(2023, 5, 8)
        private val threads = ManagementFactory.getThreadMXBean()

        @JvmStatic
        fun texts(): List<String> =
            listOf(
                "a".repeat(200_000), " ".repeat(200_000), "'".repeat(100_000), "\"a ".repeat(60_000), "last ".repeat(40_000),
                "I met him. ".repeat(20_000), "We met on Friday. ".repeat(6_000), "we met on the 3rd and ".repeat(5_000),
                "today ".repeat(8_000), "@".repeat(100_000), "Monday, and Tuesday ".repeat(5_000), "a. ".repeat(50_000),
                "\ud83d\ude00".repeat(50_000), "e.g. ".repeat(30_000), "one two three four five; ".repeat(5_000),
                "(a b c d; e ".repeat(10_000), "\"" + "a b c d; ".repeat(10_000) + "\"", "it's".repeat(30_000), ". ".repeat(50_000),
                "1 May 2023" + ", ".repeat(50_000), "www.a.b;".repeat(20_000), "twenty-".repeat(20_000), "[5 May 2023] ".repeat(8_000),
            )
    }
}
