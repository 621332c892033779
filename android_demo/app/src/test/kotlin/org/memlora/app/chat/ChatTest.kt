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
import org.memlora.errors.ConfigException
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

    @Test
    fun retriedWhileItsChatIsDeletedALineBringsNothingBack() {
        say("I live in York")
        val line = talk.lines.value.single() as Line.Said
        talk.delete(line.chat, withMemories = true) { assertEquals(null, it) }
        talk.retry(line)
        talk.submit("I play the cello")
        phone.settle()
        assertEquals(emptyList<Any>(), phone.backend.assistant.memories)
        assertEquals(emptyList<Line>(), talk.lines.value)
        say("I live in Hull")
        assertEquals(listOf("I live in Hull"), phone.backend.assistant.memories.map { it.text })
    }

    @Test
    fun whatIsSaidInAChatThatCouldNotBeDeletedIsRememberedThen() {
        say("I live in York")
        phone.backend.onForgetChat = { throw ConfigException("cannot forget") }
        talk.delete(talk.record.shown, withMemories = true) { assertEquals("cannot forget", it) }
        talk.submit("I play the cello")
        phone.settle()
        assertEquals(listOf("I live in York", "I play the cello"), phone.backend.assistant.memories.map { it.text })
        assertEquals(listOf(Progress.Done, Progress.Done), talk.lines.value.map { (it as Line.Said).progress })
    }

    @Test
    fun retriedWhileEverythingIsErasedALineBringsNothingBack() {
        say("I live in York")
        val line = talk.lines.value.single() as Line.Said
        phone.app.parts.shelf.eraseEverything { assertEquals(null, it) }
        talk.retry(line)
        phone.settle()
        assertEquals(emptyList<Any>(), phone.backend.assistant.memories)
        assertEquals(emptyList<Line>(), talk.lines.value)
    }

    private fun say(text: String) {
        talk.submit(text)
        phone.settle()
    }
}
