package org.memlora.app.work

import android.app.ActivityManager
import android.app.AlertDialog
import android.app.ApplicationExitInfo
import android.app.job.JobScheduler
import android.content.Intent
import android.os.Bundle
import android.view.View
import android.widget.EditText
import android.widget.ListView
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.memlora.app.dialog
import org.memlora.app.MainActivity
import org.memlora.app.PHONE
import org.memlora.app.Phone
import org.memlora.app.R
import org.memlora.app.assistant.HostState
import org.memlora.app.bundle.BundleState
import org.memlora.app.bundle.Source
import org.memlora.app.chat.Line
import org.memlora.app.chat.NoteKind
import org.memlora.app.chat.Progress
import org.memlora.app.leave
import org.memlora.app.memories.MemoryActivity
import org.memlora.app.say
import org.memlora.app.tab
import org.memlora.app.texts
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.io.File
import java.io.InputStream
import java.util.concurrent.CancellationException

/** The process is killed: nothing that was said is lost or remembered twice, and an engine that died is not tried again unasked. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
class DeathTest {
    private val phone = Phone()
    private val assistant = phone.backend.assistant
    private val parts get() = phone.app.parts
    private val lines get() = parts.conversation.lines.value

    @After
    fun close() = phone.close()

    @Test
    fun whatWasSaidIsRememberedAtTheNextStart() {
        parts.conversation.submit("I live in York") // its work never begins
        phone.die()
        assertEquals(Progress.Waiting, lines.single().said.progress)
        parts.host.wake()
        phone.settle()
        assertEquals(Progress.Done, lines.single().said.progress)
        assertEquals(listOf("I live in York"), assistant.memories.map { it.text })
    }

    @Test
    fun killedInTheMiddleOfRemembering() {
        assistant.onRemember = {
            phone.stopTheClock()
            throw CancellationException()
        }
        say("I live in York")
        assistant.onRemember = {}
        phone.leave(ApplicationExitInfo.REASON_LOW_MEMORY, CACHED)
        phone.die()
        assertEquals(Progress.Waiting, lines.single().said.progress)
        parts.host.wake()
        phone.settle()
        assertEquals(listOf(NoteKind.REMEMBERED), lines.single().notes.map { it.kind })
        assertEquals(1, assistant.memories.size)
    }

    @Test
    fun killedBetweenTheMemoryAndTheChat() {
        assistant.onRemembered = { phone.stopTheClock() }
        say("I live in York")
        phone.leave(ApplicationExitInfo.REASON_LOW_MEMORY, CACHED)
        phone.die()
        parts.host.wake()
        phone.settle()
        assertEquals(listOf(NoteKind.REMEMBERED), lines.single().notes.map { it.kind })
        assertEquals(1, assistant.memories.size)
    }

    @Test
    fun whatWasAskedWaitsForThePerson() {
        say("I live in York")
        parts.conversation.submit("Where do I live?")
        phone.die()
        parts.host.wake()
        phone.settle()
        assertEquals(Progress.Interrupted, lines.last().said.progress)
        parts.conversation.retry(lines.last().said)
        phone.settle()
        assertEquals("I live in York", lines.last().text)
    }

    @Test
    fun theSystemsJobGoesOnWithoutAScreen() {
        parts.conversation.submit("I live in York")
        val scheduler = shadowOf(checkNotNull(phone.app.getSystemService(JobScheduler::class.java)))
        assertEquals(LaterJob::class.java.name, scheduler.getPendingJob(1).service.className)
        phone.die()
        val job = Robolectric.buildService(LaterJob::class.java).create().get()
        assertTrue(job.onStartJob(null))
        phone.settle()
        assertEquals(listOf("I live in York"), assistant.memories.map { it.text })
        assertTrue(shadowOf(job).isJobFinished)
        assertEquals(null, scheduler.getPendingJob(1))
        assertFalse(job.onStartJob(null))
    }

    @Test
    fun aJobWhoseTimeIsOverLeavesTheRestForAnotherTime() {
        parts.conversation.submit("I live in York")
        phone.die()
        val job = Robolectric.buildService(LaterJob::class.java).create().get()
        job.onStartJob(null)
        assistant.onRemember = { assertTrue(job.onStopJob(null)) }
        phone.settle()
        assertEquals(Progress.Waiting, lines.single().said.progress)
        assistant.onRemember = {}
        job.onStartJob(null)
        phone.settle()
        assertEquals(Progress.Done, lines.single().said.progress)
        assertEquals(1, assistant.memories.size)
    }

    @Test
    fun anEngineThatDiedIsNotTriedAgainUnasked() {
        assistant.onRemember = { phone.stopTheClock() }
        say("I live in York")
        val opened = phone.backend.opened
        phone.leave(ApplicationExitInfo.REASON_CRASH_NATIVE, ActivityManager.RunningAppProcessInfo.IMPORTANCE_FOREGROUND)
        phone.die()
        assertEquals(HostState.Died(Task.LINE), parts.host.state.value)
        parts.host.wake()
        assertFalse(Robolectric.buildService(LaterJob::class.java).create().get().onStartJob(null))
        phone.settle()
        assertEquals(opened, phone.backend.opened)
        parts.conversation.submit("I work in Hull") // said meanwhile
        phone.settle()
        assertEquals(listOf(Progress.Waiting, Progress.Waiting), lines.map { it.said.progress })
        parts.host.tryAgain()
        phone.settle()
        assertEquals(listOf(Progress.Done, Progress.Done), lines.map { it.said.progress })
        assertEquals(listOf("I live in York", "I work in Hull"), assistant.memories.map { it.text })
    }

    @Test
    fun whoeverClosesTheAppIsNotAsked() {
        assistant.onRemember = { phone.stopTheClock() }
        say("I live in York")
        phone.leave(ApplicationExitInfo.REASON_USER_REQUESTED, ActivityManager.RunningAppProcessInfo.IMPORTANCE_FOREGROUND)
        phone.die()
        assertEquals(HostState.Resting, parts.host.state.value)
    }

    @Test
    fun whatIsSaidBeforeThereIsABundleIsKept() {
        File(phone.files, "bundle").deleteRecursively()
        say("I live in York")
        assertEquals(Progress.Waiting, lines.single().said.progress)
        phone.die()
        parts.importer.bring(object : Source {
            override val bytes: Long = 4

            override fun files(take: (String, InputStream) -> Unit) = take("manifest.json", "good".byteInputStream())
        })
        phone.settle()
        assertEquals(Progress.Done, lines.single().said.progress)
        assertEquals(1, assistant.memories.size)
    }

    @Test
    fun anImportThatDiedLeavesTheBundleBefore() {
        parts.importer.bring(object : Source {
            override val bytes: Long? = null

            override fun files(take: (String, InputStream) -> Unit) {
                take("manifest.json", "half".byteInputStream())
                phone.stopTheClock()
                throw CancellationException()
            }
        })
        phone.settle()
        phone.die()
        assertTrue(File(phone.files, "incoming/manifest.json").isFile)
        parts.importer.look()
        phone.settle()
        assertTrue(parts.importer.state.value is BundleState.Held)
        parts.importer.bring(object : Source {
            override val bytes: Long? = null

            override fun files(take: (String, InputStream) -> Unit) = take("manifest.json", "good".byteInputStream())
        })
        phone.settle()
        assertFalse(File(phone.files, "incoming").exists())
    }

    @Test
    fun tabDraftAndDialogComeBack() {
        val state = Bundle()
        Robolectric.buildActivity(MainActivity::class.java).setup().use { controller ->
            listOf("I live in York", "Where do I live?").forEach { controller.get().say(phone, it) }
            val list = controller.get().findViewById<ListView>(R.id.chat_lines)!!
            list.adapter.getView(2, null, list).findViewById<View>(R.id.line_action)!!.performClick()
            dialog().findViewById<EditText>(R.id.correction_text)!!.setText("I live in Hull")
            controller.get().findViewById<EditText>(R.id.chat_input)!!.setText("And my")
            controller.get().tab(R.string.diagnostics).performClick()
            controller.pause().saveInstanceState(state).stop()
        }
        phone.die()
        Robolectric.buildActivity(MainActivity::class.java).setup(state).use { controller ->
            phone.settle()
            assertTrue(controller.get().findViewById<View>(R.id.diagnostics_run)!!.isShown)
            assertEquals("And my", controller.get().findViewById<EditText>(R.id.chat_input)!!.text.toString())
            val shown = dialog()
            assertEquals("I live in Hull", shown.findViewById<EditText>(R.id.correction_text)!!.text.toString())
            shown.getButton(AlertDialog.BUTTON_POSITIVE).performClick()
            phone.settle()
            assertEquals("I live in Hull", assistant.memories.single().text)
        }
    }

    @Test
    fun aMemoryThatWasLookedAtComesBackAlone() {
        say("I live in York")
        val intent = Intent(phone.app, MemoryActivity::class.java).putExtra(MemoryActivity.ID, 1L)
        val state = Bundle()
        Robolectric.buildActivity(MemoryActivity::class.java, intent).setup().use { it.pause().saveInstanceState(state).stop() }
        phone.die()
        Robolectric.buildActivity(MemoryActivity::class.java, intent).setup(state).use { controller ->
            phone.settle()
            assertTrue(controller.get().texts().any { "I live in York" in it })
        }
    }

    private fun say(text: String) {
        parts.conversation.submit(text)
        phone.settle()
    }

    private val Line.said get() = this as Line.Said

    private val Line.notes get() = said.notes

    private companion object {
        const val CACHED = ActivityManager.RunningAppProcessInfo.IMPORTANCE_CACHED
    }
}
