package org.memlora.app.chat

import java.io.File
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.memlora.app.PHONE
import org.memlora.app.Phone
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
class ChatTest {
    private val phone = Phone()
    private val talk = phone.app.parts.conversation

    @After
    fun close() = phone.close()

    @Test
    fun whatIsSaidIsRememberedAndWhatIsAskedAnsweredFromIt() {
        say("I live in York")
        say("Where do I live?")
        val (said, question, answer) = talk.lines.value
        assertEquals(listOf(NoteKind.REMEMBERED), (said as Line.Said).notes.map { it.kind })
        assertEquals(Progress.Done, (question as Line.Said).progress)
        assertEquals("I live in York", answer.text)
        assertEquals(listOf(1L), (answer as Line.Answered).notes.map { it.memory })
    }

    @Test
    fun nothingToRememberIsSaid() {
        say("ok")
        assertEquals(listOf(NoteKind.NOTHING), (talk.lines.value.single() as Line.Said).notes.map { it.kind })
    }

    @Test
    fun stoppingKeepsWhatWasWritten() {
        say("I live in York with my sister Ann")
        var words = 0
        phone.backend.assistant.onWord = { if (++words == 3) talk.stop() }
        say("Where do I live?")
        val answer = talk.lines.value.last() as Line.Answered
        assertEquals(Progress.Stopped, answer.progress)
        assertEquals("I live", answer.text)
        assertEquals(Progress.Done, (talk.lines.value[1] as Line.Said).progress)
        assertFalse(talk.isBusy.value)
    }

    @Test
    fun whatIsForgottenLeavesTheChatAndItsFile() {
        say("my locker code is zyzzyva")
        say("What is my code?")
        talk.forget(1) { assertEquals(null, it) }
        phone.settle()
        assertTrue(talk.lines.value.none { "zyzzyva" in it.text })
        val folder = checkNotNull(phone.app.noBackupFilesDir)
        val files = folder.walk().filter { it.isFile && it.name.startsWith("chat") }.toList()
        assertTrue(files.isNotEmpty())
        assertEquals(emptyList<File>(), files.filter { "zyzzyva" in it.readText(Charsets.ISO_8859_1) })
    }

    @Test
    fun aChoiceIsOfferedBeforeAnythingIsForgotten() {
        say("I collect stamps")
        say("forget stamps")
        val choice = talk.lines.value.last() as Line.Answered
        assertTrue(choice.isChoice)
        assertEquals(listOf(1L), choice.notes.map { it.memory })
        assertEquals(1, phone.backend.assistant.memories.size)
    }

    private fun say(text: String) {
        talk.submit(text)
        phone.settle()
    }
}
