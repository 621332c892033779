package org.memlora.app.work

import android.content.ComponentCallbacks2
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.memlora.app.PHONE
import org.memlora.app.Phone
import org.memlora.app.assistant.HostState
import org.memlora.app.chat.Line
import org.memlora.app.chat.Progress
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** The phone is short of memory: what the app gives back at each step. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
@Suppress("DEPRECATION") // the steps before Android 14 are still sent by older phones
class LowMemoryTest {
    private val phone = Phone()
    private val parts = phone.app.parts
    private val assistant = phone.backend.assistant

    @After
    fun close() = phone.close()

    @Test
    fun mildStepsLeaveTheEnginesOpen() {
        say("I live in York")
        listOf(
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_MODERATE,
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_LOW,
            ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN,
        ).forEach(::trim)
        assertFalse(assistant.isClosed)
        assertEquals(HostState.Ready, parts.host.state.value)
    }

    @Test
    fun hardStepsCloseThemUntilTheNextUse() {
        val hard = listOf(
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL,
            ComponentCallbacks2.TRIM_MEMORY_BACKGROUND,
            ComponentCallbacks2.TRIM_MEMORY_MODERATE,
            ComponentCallbacks2.TRIM_MEMORY_COMPLETE,
        )
        for ((at, level) in hard.withIndex()) {
            say("I live in York $at")
            assertEquals(at + 1, phone.backend.opened)
            assistant.isClosed = false
            trim(level)
            assertTrue("$level", assistant.isClosed)
            assertEquals(HostState.Resting, parts.host.state.value)
        }
        phone.app.onLowMemory()
        phone.settle()
        assertEquals(4, assistant.memories.size)
    }

    @Test
    fun anAnswerIsFinishedBeforeTheyClose() {
        say("I live in York")
        assistant.onWord = { if (!assistant.isClosed) phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_BACKGROUND) }
        say("Where do I live?")
        assertEquals("I live in York", parts.conversation.lines.value.last().text)
        assertTrue(assistant.isClosed)
    }

    @Test
    fun theLastStepPutsRememberingOff() {
        assistant.onRemember = { phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_COMPLETE) }
        say("I live in York")
        assertEquals(Progress.Waiting, (parts.conversation.lines.value.single() as Line.Said).progress)
        assertTrue(assistant.isClosed)
        assistant.onRemember = {}
        parts.host.wake()
        phone.settle()
        assertEquals(Progress.Done, (parts.conversation.lines.value.single() as Line.Said).progress)
        assertEquals(1, assistant.memories.size)
    }

    @Test
    fun nothingIsOpenAndNothingHappens() {
        trim(ComponentCallbacks2.TRIM_MEMORY_COMPLETE)
        trim(ComponentCallbacks2.TRIM_MEMORY_COMPLETE)
        assertEquals(0, phone.backend.opened)
        assertEquals(HostState.Resting, parts.host.state.value)
    }

    private fun trim(level: Int) {
        phone.app.onTrimMemory(level)
        phone.settle()
    }

    private fun say(text: String) {
        parts.conversation.submit(text)
        phone.settle()
    }
}
