package org.memlora.memory.rules

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** Long texts of one thing said again and again, on a thread with a stack that is smaller than any phone's. */
class LongTextsTest {
    @Test
    fun `no text is too long for the stack`() {
        val failures = ArrayList<String>()
        val work = {
            for (part in PARTS) {
                for ((name, rule) in RULES) {
                    try {
                        rule(part.repeat(REPEATS))
                    } catch (e: StackOverflowError) {
                        failures.add("$name of $part: ${e.stackTrace.last { "memlora" in it.className && "Test" !in it.className }}")
                    }
                }
            }
        }
        Thread(null, work, "small", STACK_BYTES).apply { start() }.join()
        assertEquals(emptyList<String>(), failures)
    }

    private companion object {
        const val REPEATS = 1_000
        const val STACK_BYTES = 512L * 1024
        val PARTS =
            listOf(
                "a'bc'", "2 300 ", "1,22.", "my a-", "a ", "please ", "tell me again about ", "Tom sold, and ", "a\ud83d\ude00",
                "\ud835\udc00b",
            )
        val RULES =
            listOf<Pair<String, (String) -> Any?>>(
                "readLine" to ::readLine,
                "isQuestion" to ::isQuestion,
                "ungrounded" to { ungrounded(it, listOf(it), listOf(it)) },
                "groundedSentence" to { groundedSentence("Tom", listOf(it)) },
                "thirdPerson" to { thirdPerson(it, "Tom") },
                "compare" to { compare(it, it) },
                "compare homes" to { compare("Tom lives in $it", "Tom moved to $it") },
                "remaining" to { remaining(it, it) },
                "named" to { named(it, listOf("Tom", "May")) },
                "asksOfThePast" to ::asksOfThePast,
                "isPlainStatement" to { isPlainStatement("My $it is") },
                "ownWords" to ::ownWords,
                "subject" to ::subject,
                "contentWords" to ::contentWords,
            )
    }
}
