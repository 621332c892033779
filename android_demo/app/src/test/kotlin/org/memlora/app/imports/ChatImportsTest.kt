package org.memlora.app.imports

import android.app.ActivityManager
import android.app.ApplicationExitInfo
import android.content.ComponentCallbacks2
import java.io.File
import java.util.concurrent.CancellationException
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
import org.memlora.app.leave
import org.memlora.app.work.LaterJob
import org.memlora.app.work.Task
import org.memlora.errors.ConfigException
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** A chat of elsewhere is remembered piece by piece, whatever comes between: another line, a stop, a death, its deletion. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
class ChatImportsTest {
    private val phone = Phone()
    private val assistant = phone.backend.assistant
    private val parts get() = phone.app.parts
    private val imports get() = parts.imports
    private val line get() = parts.conversation.lines.value.last { it is Line.Imported } as Line.Imported
    private val texts get() = assistant.memories.map { it.text }
    private var steps = 0

    @After
    fun close() = phone.close()

    @Test
    fun everyMessageIsReadOnceUnderTheNameOfItsSpeaker() {
        begin()
        assertEquals(listOf("Ann", "", "Ann", "", "Ann"), assistant.memories.map { it.person })
        assertEquals(SAID, texts)
        assertEquals(listOf(5, 5), listOf(line.read, line.total))
        assertEquals(Progress.Done, line.progress)
        assertEquals(SAID, line.notes.map { it.text })
        assertEquals("talk.txt", parts.conversation.record.all.value.first().words)
        assertEquals(emptyList<File>(), kept())
    }

    @Test
    fun whatSomebodyAsksMeanwhileComesBetween() {
        assistant.onRemembered = { if (++steps == 1) phone.app.mainExecutor.execute { parts.conversation.submit("Where do I live?") } }
        begin()
        assertEquals("I row", parts.conversation.lines.value.last { it is Line.Answered }.text)
        assertEquals(SAID, texts)
        assertEquals(Progress.Done, line.progress)
    }

    @Test
    fun itIsStoppedAndGoneOnWith() {
        assistant.onRemember = { if (++steps == 2) imports.stop() }
        begin()
        assertEquals(Progress.Stopped to 2, line.progress to line.read)
        phone.die()
        parts.host.wake()
        phone.settle()
        assertEquals(2, assistant.memories.size)
        imports.retry(line.id)
        phone.settle()
        assertEquals(SAID, texts)
        assertEquals(Progress.Done, line.progress)
    }

    @Test
    fun killedBetweenTheMemoryAndTheChat() {
        assistant.onRemembered = { if (++steps == 2) phone.stopTheClock() }
        begin()
        phone.leave(ApplicationExitInfo.REASON_LOW_MEMORY, ActivityManager.RunningAppProcessInfo.IMPORTANCE_CACHED)
        phone.die()
        assertEquals(Progress.Waiting to 2, line.progress to line.read)
        val job = Robolectric.buildService(LaterJob::class.java).create().get()
        assertTrue(job.onStartJob(null))
        phone.settle()
        assertEquals(Progress.Done to SAID, line.progress to line.notes.map { it.text })
        assertEquals(SAID, texts)
        assertFalse(job.onStartJob(null))
    }

    @Test
    fun killedBeforeItBegan() {
        look { preview ->
            phone.stopTheClock() // the text is not in the app yet: nothing was promised
            imports.begin(preview, preview.readings[0], "Ben") {}
        }
        phone.settle()
        phone.die()
        assistant.eraseEverything() // what was done after the clock stopped
        parts.host.wake()
        phone.settle()
        assertEquals(emptyList<String>(), texts)
        assertTrue(parts.conversation.lines.value.isEmpty())
        assertEquals(emptyList<File>(), kept())
    }

    @Test
    fun anEngineThatDiedIsNotTriedAgainUnasked() {
        assistant.onRemember = { if (++steps == 2) phone.stopTheClock() }
        begin()
        phone.leave(ApplicationExitInfo.REASON_CRASH_NATIVE, ActivityManager.RunningAppProcessInfo.IMPORTANCE_FOREGROUND)
        phone.die()
        assertEquals(HostState.Died(Task.IMPORTING), parts.host.state.value)
        parts.goOn()
        phone.settle()
        assertEquals(Progress.Waiting, line.progress)
        parts.host.tryAgain()
        phone.settle()
        assertEquals(Progress.Done, line.progress)
        assertEquals(SAID, texts)
    }

    @Test
    fun shortOfMemoryItWaitsAndDoesNotOpenTheEnginesAgain() {
        assistant.onRemember = { if (++steps == 1) phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_BACKGROUND) }
        begin()
        assertEquals(Progress.Waiting to HostState.Resting, line.progress to parts.host.state.value)
        assertTrue(imports.canGoOn)
        parts.goOn()
        phone.settle()
        assertEquals(SAID, texts)
    }

    @Test
    fun withoutABundleItWaits() {
        File(phone.files, "bundle").deleteRecursively()
        begin()
        assertEquals(Progress.Waiting, line.progress)
        assertEquals(1, kept().size)
    }

    @Test
    fun deletedWhileItIsReadNothingOfItStays() {
        assistant.onRemember = { if (++steps == 2) parts.conversation.delete(line.chat, withMemories = true) { assertEquals(null, it) } }
        begin()
        assertEquals(emptyList<String>(), texts)
        assertEquals(emptyList<File>(), kept())
        assertTrue(parts.conversation.record.all.value.single().isEmpty)
    }

    @Test
    fun everythingIsErasedWhileItIsRead() {
        assistant.onRemember = { if (++steps == 2) parts.shelf.eraseEverything { assertEquals(null, it) } }
        begin()
        assertEquals(emptyList<String>(), texts)
        assertEquals(emptyList<File>(), kept())
    }

    @Test
    fun aMemoryOfItIsForgottenLikeAnother() {
        begin()
        parts.shelf.forget(1) { assertEquals(null, it) }
        phone.settle()
        assertEquals(SAID.drop(1), line.notes.map { it.text })
        assertEquals("talk.txt", line.text)
    }

    @Test
    fun theSameChatGrownIsGoneOnWith() {
        begin()
        begin(CHAT + "03/06/2023, 10:00 - Ben: I sold the boat\n")
        assertEquals(SAID + "I sold the boat", texts)
        assertEquals(1, parts.conversation.lines.value.size)
        assertEquals(listOf(6, 6, 6), listOf(line.read, line.total, line.notes.size))
    }

    @Test
    fun anotherChatOfTheSameNameIsAnother() {
        beginAndStop()
        val first = line
        begin("30/05/2023, 13:56 - Eve: I paint\n")
        val second = line
        assertEquals(SAID.take(2) + "I paint", texts)
        imports.retry(first.id)
        phone.settle()
        assertEquals(SAID.take(2) + "I paint" + SAID.drop(2), texts)
        parts.conversation.delete(second.chat, withMemories = true) { assertEquals(null, it) }
        phone.settle()
        assertEquals(SAID, texts)
        assertEquals(Progress.Done to first.id, line.progress to line.id)
    }

    @Test
    fun triedAgainWhileItIsDeletedNothingOfItStays() {
        beginAndStop()
        parts.conversation.delete(line.chat, withMemories = true) { assertEquals(null, it) }
        imports.retry(line.id)
        phone.settleLate()
        assertEquals(emptyList<String>(), texts)
        assertEquals(emptyList<File>(), kept())
        assertTrue(parts.conversation.record.all.value.single().isEmpty)
    }

    @Test
    fun triedAgainWhileEverythingIsErasedNothingOfItStays() {
        beginAndStop()
        parts.shelf.eraseEverything { assertEquals(null, it) }
        imports.retry(line.id)
        phone.settleLate()
        assertEquals(emptyList<String>(), texts)
        assertEquals(emptyList<File>(), kept())
    }

    @Test
    fun triedAgainWhileItCannotBeDeletedItIsGoneOnWith() {
        beginAndStop()
        phone.backend.onForgetChat = { throw ConfigException("cannot forget") }
        parts.conversation.delete(line.chat, withMemories = true) { assertEquals("cannot forget", it) }
        imports.retry(line.id)
        phone.settleLate()
        assertEquals(Progress.Done to SAID, line.progress to texts)
    }

    @Test
    fun chosenAgainWhileItIsDeletedItIsRememberedAnew() {
        begin()
        look { preview ->
            imports.begin(preview, preview.readings[0], "Ben") { assertEquals(null, it) }
            parts.conversation.delete(line.chat, withMemories = true) { assertEquals(null, it) }
        }
        phone.settle()
        assertEquals(Progress.Done to SAID, line.progress to texts)
    }

    @Test
    fun whatIsGoneWhenItsExchangeIsDoneIsNotNoted() {
        assistant.onRemembered = { if (++steps == 1) parts.conversation.record.delete(line.chat) }
        begin()
        assertEquals(SAID.take(2), texts)
        assertTrue(parts.conversation.lines.value.isEmpty())
    }

    @Test
    fun twoAreReadOneAfterTheOther() {
        look { preview -> imports.begin(preview, preview.readings[0], "Ben") {} }
        look("other.txt", "Eve: I paint\n") { preview -> imports.begin(preview, preview.readings[0], "Eve") {} }
        phone.settle()
        assertEquals(SAID + "I paint", texts)
    }

    @Test
    fun aRefusedFileIsToldAndLeavesNothing() {
        var told: String? = null
        imports.look("talk.txt", { "no chat".toByteArray() }) { preview, failure -> told = failure.takeIf { preview == null } }
        phone.settle()
        assertTrue(told!!, told!!.startsWith("talk.txt"))
        assertEquals(emptyList<File>(), kept())
    }

    @Test
    fun aTextThatIsGoneIsSaid() {
        assistant.onRemember = { throw CancellationException() }
        begin()
        kept().forEach { it.delete() }
        assistant.onRemember = {}
        imports.retry(line.id)
        phone.settle()
        assertTrue((line.progress as Progress.Failed).sentence.contains("import it again"))
    }

    private fun beginAndStop() {
        assistant.onRemember = { if (++steps == 2) imports.stop() }
        begin()
        assertEquals(Progress.Stopped to 2, line.progress to line.read)
    }

    private fun begin(chat: String = CHAT) {
        look("talk.txt", chat) { preview -> imports.begin(preview, preview.readings[0], "Ben") { assertEquals(null, it) } }
        phone.settle()
    }

    private fun look(name: String = "talk.txt", chat: String = CHAT, then: (Preview) -> Unit) {
        imports.look(name, { chat.toByteArray() }) { preview, failure -> then(checkNotNull(preview) { failure.orEmpty() }) }
    }

    private fun kept() = File(phone.files, "chats").listFiles().orEmpty().toList()

    private companion object {
        val SAID = listOf("I sing in a choir", "I row", "I moved to Hull", "I live in York", "Hi Ben, bye")
        const val CHAT = "30/05/2023, 13:56 - Ann: I sing in a choir\n30/05/2023, 13:57 - Ben: I row\n" +
            "02/06/2023, 09:00 - Ann: I moved to Hull\n02/06/2023, 09:01 - Ben: I live in York\n02/06/2023, 09:02 - Ann: Hi Ben, bye\n"
    }
}
