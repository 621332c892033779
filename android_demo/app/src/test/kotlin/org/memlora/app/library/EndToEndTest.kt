package org.memlora.app.library

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.view.View
import android.widget.EditText
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.memlora.app.dialog
import org.memlora.app.MainActivity
import org.memlora.app.PHONE
import org.memlora.app.Process
import org.memlora.app.R
import org.memlora.app.bundle.BundleState
import org.memlora.app.chat.Line
import org.memlora.app.chat.Progress
import org.memlora.app.diagnostics.TraceProvider
import org.memlora.app.say
import org.memlora.app.tab
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import java.io.File
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** The app with the library, ONNX Runtime and a real bundle, from the first import to a trace that Python judges. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
class EndToEndTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val bundle = neededBundle()
    private val process = Process(CoreBackend { })
    private lateinit var controller: ActivityController<MainActivity>
    private val activity get() = controller.get()
    private val talk get() = process.app.parts.conversation

    @Before
    fun begin() {
        controller = Robolectric.buildActivity(MainActivity::class.java).setup()
        process.settle()
    }

    @After
    fun end() {
        controller.close()
        process.close()
    }

    @Test
    fun aFirstDay() {
        import()
        val isTaught = "extract" in (process.app.parts.importer.state.value as BundleState.Held).contents.operations
        val day = if (isTaught) TAUGHT else EVERYDAY
        day.told.forEach(::tell)
        controller.recreate()
        val answers = day.asked.map { ask(it.question) }
        val right = day.asked.zip(answers).count { (asked, answer) -> answer.has(asked.word) }
        report(day, answers, right)
        if (isTaught) assertEquals(answers.joinToString("\n") { it.text }, day.asked.size, right)

        restart()
        correct(ask(day.wrong.question), day)
        val corrected = ask(day.wrong.question)
        assertTrue(corrected.text, corrected.has(day.rightWord) && !corrected.has(day.wrong.word))

        forget(day)
        assertEquals(emptyList<File>(), filesWith(day.secretWord))
        restart()
        assertTrue(talk.lines.value.none { day.secretWord in it.text.lowercase() })

        judge()
    }

    private fun import() {
        val chosen = Uri.parse("content://files/bundle.zip")
        val zip = zip()
        shadowOf(activity.contentResolver).registerInputStreamSupplier(chosen) { zip.inputStream() }
        choose(R.string.bundle, R.id.bundle_zip, chosen)
        assertEquals(null, process.app.parts.importer.refusal.value)
        assertTrue(process.app.parts.importer.state.value is BundleState.Held)
    }

    // the system's file picker, in its shortest form
    private fun choose(tab: Int, button: Int, chosen: Uri) {
        activity.tab(tab).performClick()
        activity.findViewById<View>(button)!!.performClick()
        val asked = shadowOf(activity).nextStartedActivityForResult
        shadowOf(activity).receiveResult(asked.intent, Activity.RESULT_OK, Intent().setData(chosen))
        process.settle()
        activity.tab(R.string.chat).performClick()
    }

    private fun tell(text: String) {
        activity.say(process, text)
        val said = talk.lines.value.last() as Line.Said
        assertEquals(text, Progress.Done, said.progress)
        assertTrue("nothing kept of: $text", said.notes.isNotEmpty())
    }

    private fun ask(question: String): Line.Answered {
        activity.say(process, question)
        return talk.lines.value.last() as Line.Answered
    }

    private fun correct(answer: Line.Answered, day: Day) {
        val shown = notRight(answer, day.wrong.word)
        shown.findViewById<EditText>(R.id.correction_text)!!.setText(day.right)
        shown.getButton(android.app.AlertDialog.BUTTON_POSITIVE).performClick()
        process.settle()
    }

    private fun forget(day: Day) {
        val asked = day.asked.first { it.question.contains("cat") || it.question.contains("key") }
        notRight(ask(asked.question), day.secret).getButton(android.app.AlertDialog.BUTTON_NEUTRAL).performClick()
        process.settle()
    }

    /** Presses `not right` and picks the memory with [word] where there are several. */
    private fun notRight(answer: Line.Answered, word: String): android.app.AlertDialog {
        val list = activity.findViewById<android.widget.ListView>(R.id.chat_lines)!!
        val row = list.adapter.getView(talk.lines.value.indexOf(answer), null, list)
        row.findViewById<View>(R.id.line_action)!!.performClick()
        val notes = answer.notes.filter { it.memory != null }
        if (notes.size > 1) {
            val at = notes.indexOfFirst { word.lowercase() in it.text.lowercase() }
            assertTrue("no memory with $word behind ${answer.text}", at >= 0)
            shadowOf(dialog()).clickOnItem(at)
        }
        process.settle()
        return dialog()
    }

    private fun restart() {
        controller.close()
        process.die()
        controller = Robolectric.buildActivity(MainActivity::class.java).setup()
        process.settle()
    }

    private fun judge() {
        val judge = Judge(bundle, folder.root)
        val requests = judge.requests()
        val chosen = Uri.parse("content://files/requests.jsonl")
        shadowOf(activity.contentResolver).registerInputStreamSupplier(chosen) { requests.inputStream() }
        choose(R.string.diagnostics, R.id.diagnostics_answer, chosen)
        assertEquals(null, process.app.parts.diagnostics.report.value.failure)
        val (code, said) = judge.verdict(TraceProvider.file(process.app))
        assertEquals(said, 0, code)
        println(said)
    }

    private fun filesWith(word: String) = process.files.walk()
        .filter { it.isFile && it.parentFile == process.files && word in it.readText(Charsets.ISO_8859_1).lowercase() }.toList()

    private fun zip(): File {
        val zip = File(folder.root, "bundle.zip")
        ZipOutputStream(zip.outputStream().buffered()).use { out ->
            out.setLevel(0)
            for (file in bundle.walk().filter { it.isFile }) {
                out.putNextEntry(ZipEntry("bundle/" + file.relativeTo(bundle).path))
                file.inputStream().use { it.copyTo(out) }
            }
        }
        return zip
    }

    private fun report(day: Day, answers: List<Line.Answered>, right: Int) {
        val rows = day.asked.zip(answers).map { (asked, answer) -> "${asked.question} -> ${answer.text}" }
        val text = rows.joinToString("\n", postfix = "\n$right of ${rows.size} right\n")
        File(checkNotNull(System.getProperty("memlora.screens")), "first-day.txt").apply { parentFile!!.mkdirs() }.writeText(text)
    }

    private fun Line.Answered.has(word: String) = word.lowercase() in text.lowercase()
}
