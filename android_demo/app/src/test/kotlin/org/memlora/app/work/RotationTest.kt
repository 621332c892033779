package org.memlora.app.work

import android.app.AlertDialog
import android.content.Intent
import android.view.View
import android.widget.CheckBox
import android.widget.EditText
import android.widget.ListView
import android.widget.TextView
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
import org.memlora.app.bundle.Source
import org.memlora.app.memories.MemoryActivity
import org.memlora.app.say
import org.memlora.app.tab
import org.memlora.app.texts
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowPopupMenu
import java.io.InputStream

/** The phone is turned: what is shown, typed, asked and done stays. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
class RotationTest {
    private val phone = Phone()
    private val controller = Robolectric.buildActivity(MainActivity::class.java).setup()
    private val activity get() = controller.get()
    private val talk = phone.app.parts.conversation

    @After
    fun close() {
        controller.close()
        phone.close()
    }

    @Test
    fun draftAndTab() {
        activity.findViewById<EditText>(R.id.chat_input)!!.setText("Where do")
        activity.tab(R.string.bundle).performClick()
        turn()
        assertTrue(activity.findViewById<View>(R.id.bundle_about)!!.isShown)
        assertEquals("Where do", activity.findViewById<EditText>(R.id.chat_input)!!.text.toString())
    }

    @Test
    fun anAnswerThatIsBeingWritten() {
        activity.say(phone, "I live in York")
        talk.submit("Where do I live?")
        turn()
        phone.settle()
        // what was said, the answer, and the name of the chat
        assertEquals(3, activity.texts().count { it == "I live in York" })
    }

    @Test
    fun anAnswerIsWrittenIntoTheNewScreenWordByWord() {
        activity.say(phone, "I live in York")
        var words = 0
        phone.backend.assistant.onWord = {
            if (++words == 3) {
                shadowOf(phone.app.mainLooper).idle()
                turn()
                assertTrue("I live" in activity.texts())
            }
        }
        activity.say(phone, "Where do I live?")
        assertEquals(4, words)
    }

    @Test
    fun theQuestionWhichMemoryIsWrong() {
        activity.say(phone, "I live in York")
        activity.say(phone, "I live in York now")
        activity.say(phone, "forget York")
        press(3)
        val before = dialog()
        turn()
        assertFalse(before.isShowing)
        assertTrue(dialog().isShowing)
        shadowOf(dialog()).clickOnItem(1)
        phone.settle()
        dialog().getButton(AlertDialog.BUTTON_NEUTRAL).performClick()
        phone.settle()
        assertEquals(listOf("I live in York now"), phone.backend.assistant.memories.map { it.text })
    }

    @Test
    fun aCorrectionWithItsWords() {
        activity.say(phone, "I live in York")
        activity.say(phone, "Where do I live?")
        press(2)
        dialog().findViewById<EditText>(R.id.correction_text)!!.setText("I live in Hull")
        turn()
        turn()
        assertEquals("I live in Hull", dialog().findViewById<EditText>(R.id.correction_text)!!.text.toString())
        dialog().getButton(AlertDialog.BUTTON_POSITIVE).performClick()
        phone.settle()
        turn()
        assertEquals(listOf("I live in Hull"), phone.backend.assistant.memories.map { it.text })
        assertFalse(dialog().isShowing)
    }

    @Test
    fun theQuestionWhetherToEraseEverything() {
        activity.say(phone, "I live in York")
        activity.tab(R.string.memories).performClick()
        activity.findViewById<View>(R.id.memories_more)!!.performClick()
        val menu = ShadowPopupMenu.getLatestPopupMenu().menu
        assertTrue(menu.performIdentifierAction(R.id.memories_erase, 0))
        turn()
        assertEquals(1, phone.backend.assistant.memories.size)
        dialog().getButton(AlertDialog.BUTTON_POSITIVE).performClick()
        phone.settle()
        assertEquals(0, phone.backend.assistant.memories.size)
    }

    @Test
    fun aMemoryItsNewWordsAndTheQuestionWhetherToForgetIt() {
        activity.say(phone, "I live in York")
        val intent = Intent(phone.app, MemoryActivity::class.java).putExtra(MemoryActivity.ID, 1L)
        Robolectric.buildActivity(MemoryActivity::class.java, intent).setup().use { one ->
            phone.settle()
            one.get().findViewById<EditText>(R.id.memory_text)!!.setText("I live in Hull")
            one.get().findViewById<View>(R.id.memory_forget)!!.performClick()
            one.recreate()
            phone.settle()
            assertEquals("I live in Hull", one.get().findViewById<EditText>(R.id.memory_text)!!.text.toString())
            dialog().getButton(AlertDialog.BUTTON_POSITIVE).performClick()
            phone.settle()
            assertEquals(0, phone.backend.assistant.memories.size)
            assertTrue(one.get().isFinishing)
        }
    }

    @Test
    fun searchAndFilter() {
        listOf("I live in York", "Ann lives in Hull").forEach { activity.say(phone, it) }
        activity.tab(R.string.memories).performClick()
        activity.findViewById<EditText>(R.id.memories_search)!!.setText("Hull")
        activity.findViewById<CheckBox>(R.id.memories_past)!!.performClick()
        phone.settle()
        turn()
        phone.settle()
        assertEquals("Hull", activity.findViewById<EditText>(R.id.memories_search)!!.text.toString())
        assertTrue(activity.findViewById<CheckBox>(R.id.memories_past)!!.isChecked)
        assertEquals(1, activity.findViewById<ListView>(R.id.memories_list)!!.adapter.count)
    }

    @Test
    fun anImportGoesOn() {
        activity.tab(R.string.bundle).performClick()
        phone.settle()
        phone.app.parts.importer.bring(object : Source {
            override val bytes: Long? = null

            override fun files(take: (String, InputStream) -> Unit) {
                turn()
                take("manifest.json", "good".byteInputStream())
                shadowOf(phone.app.mainLooper).idle()
                assertTrue(activity.findViewById<View>(R.id.bundle_cancel)!!.isShown)
            }
        })
        phone.settle()
        assertTrue(activity.findViewById<TextView>(R.id.bundle_about)!!.text.startsWith("smollm2-135m"))
    }

    private fun turn() {
        RuntimeEnvironment.setQualifiers(if (activity.resources.configuration.screenWidthDp > 500) "+port" else "+land")
        controller.recreate()
    }

    private fun press(line: Int) {
        val list = activity.findViewById<ListView>(R.id.chat_lines)!!
        list.adapter.getView(line, null, list).findViewById<View>(R.id.line_action)!!.performClick()
        phone.settle()
    }
}
