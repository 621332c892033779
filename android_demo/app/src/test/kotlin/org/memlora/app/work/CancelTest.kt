package org.memlora.app.work

import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Test
import org.junit.runner.RunWith
import org.memlora.app.PHONE
import org.memlora.app.Phone
import org.memlora.app.chat.Line
import org.memlora.app.chat.Progress
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** Somebody stops what is being done: it ends within one step, and the next one begins. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
class CancelTest {
    private val phone = Phone()
    private val talk = phone.app.parts.conversation
    private val assistant = phone.backend.assistant

    @After
    fun close() = phone.close()

    @Test
    fun anAnswerEndsWithinOneStepAndTheNextIsWritten() {
        say("I live in York with my sister Ann")
        var steps = 0
        assistant.onWord = { if (++steps == 2) talk.stop() }
        say("Where do I live?")
        assertEquals(2, steps)
        assertEquals("I", talk.lines.value.last().text)
        assertFalse(talk.isBusy.value)
        say("Where do I live?")
        assertEquals("I live in York with my sister Ann", talk.lines.value.last().text)
    }

    @Test
    fun anAnswerWithoutAWordLeavesNoLine() {
        say("I live in York")
        assistant.onWord = { talk.stop() }
        say("Where do I live?")
        assertEquals(Progress.Stopped, said().progress)
        assertEquals(2, talk.lines.value.size)
    }

    @Test
    fun rememberingIsStoppedAndDoesNotGoOnByItself() {
        assistant.onRemember = { talk.stop() }
        say("I live in York")
        assertEquals(Progress.Stopped, said().progress)
        assistant.onRemember = {}
        phone.die()
        phone.app.parts.host.wake()
        phone.settle()
        assertEquals(0, assistant.memories.size)
        val again = phone.app.parts.conversation
        again.retry(again.lines.value.single() as Line.Said)
        phone.settle()
        assertEquals(1, assistant.memories.size)
    }

    @Test
    fun whatHasNotBegunNeverDoes() {
        talk.submit("I live in York")
        talk.stop()
        phone.settle()
        assertEquals(Progress.Stopped, said().progress)
        assertEquals(0, assistant.memories.size)
    }

    @Test
    fun aReplayOfGoldens() {
        val diagnostics = phone.app.parts.diagnostics
        phone.backend.onMeasured = { diagnostics.cancel() }
        diagnostics.run()
        phone.settle()
        assertEquals(listOf("select"), diagnostics.report.value.measured.map { it.operation })
        assertEquals(null, diagnostics.report.value.failure)
        assertFalse(diagnostics.report.value.isRunning)
    }

    private fun said() = talk.lines.value.last { it is Line.Said } as Line.Said

    private fun say(text: String) {
        talk.submit(text)
        phone.settle()
    }
}
