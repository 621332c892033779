package org.memlora.app.imports

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.widget.RadioButton
import android.widget.TextView
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.memlora.app.MainActivity
import org.memlora.app.PHONE
import org.memlora.app.Phone
import org.memlora.app.R
import org.memlora.app.children
import org.memlora.app.file
import org.memlora.app.tab
import org.memlora.app.texts
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowPopupMenu
import java.io.FileNotFoundException

/** A chat is chosen, looked at and begun; what was chosen outlives a rotation and a death. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
class ImportActivityTest {
    private val phone = Phone()
    private val texts get() = phone.backend.assistant.memories.map { it.text }

    @After
    fun close() = phone.close()

    @Test
    fun fromTheMenuToTheChat() {
        val file = phone.file("talk.txt", "30/05/2023, 13:56 - Ann: I sing\n30/05/2023, 13:57 - Ben: I row\n")
        Robolectric.buildActivity(MainActivity::class.java).setup().use { controller ->
            val main = controller.get()
            main.tab(R.string.memories).performClick()
            main.findViewById<View>(R.id.memories_more)!!.performClick()
            assertTrue(ShadowPopupMenu.getLatestPopupMenu().menu.performIdentifierAction(R.id.memories_import, 0))
            val asked = shadowOf(main).nextStartedActivityForResult.intent
            assertEquals(Intent.ACTION_OPEN_DOCUMENT, asked.action)
            shadowOf(main).receiveResult(asked, Activity.RESULT_OK, Intent().setData(file))
            val started = shadowOf(main).nextStartedActivityForResult.intent
            Robolectric.buildActivity(ImportActivity::class.java, started).setup().use { import ->
                phone.settle()
                assertEquals("\u2068talk.txt\u2069\nMessages: 2\nMay 30, 2023 to May 30, 2023", import.get().text(R.id.import_about))
                assertFalse(import.get().part(R.id.import_begin).isEnabled)
                choose(import.get(), R.id.import_me, 1)
                import.get().part(R.id.import_begin).performClick()
                phone.settle()
                assertEquals(Activity.RESULT_OK, shadowOf(import.get()).resultCode)
            }
            shadowOf(main).receiveResult(started, Activity.RESULT_OK, null)
            phone.settle()
            assertTrue("${main.texts()}", main.getString(R.string.import_read, "2", "2") in main.texts())
            assertEquals(listOf("Ann" to "I sing", "" to "I row"), phone.backend.assistant.memories.map { it.person to it.text })
        }
    }

    @Test
    fun whoAndWhichDaysOutliveARotationAndADeath() {
        val file = phone.file("talk.txt", "12/05/2023, 13:56 - Ann: I sing\n")
        val state = Bundle()
        val intent = Intent(phone.app, ImportActivity::class.java).setData(file)
        Robolectric.buildActivity(ImportActivity::class.java, intent).setup().use { controller ->
            phone.settle()
            choose(controller.get(), R.id.import_me, 0)
            choose(controller.get(), R.id.import_days, 1)
            controller.recreate()
            phone.settle()
            assertTrue(choices(controller.get(), R.id.import_days)[1].isChecked)
            controller.pause().saveInstanceState(state).stop()
        }
        phone.die()
        phone.file("talk.txt", "12/05/2023, 13:56 - Ann: I sing\n")
        Robolectric.buildActivity(ImportActivity::class.java, intent).setup(state).use { controller ->
            phone.settle()
            assertEquals("Dec 5, 2023 to Dec 5, 2023", choices(controller.get(), R.id.import_days).single { it.isChecked }.text)
            assertTrue(choices(controller.get(), R.id.import_me).single().isChecked)
            controller.get().part(R.id.import_begin).performClick()
            phone.settle()
        }
        assertEquals(listOf("I sing" to 12), phone.backend.assistant.memories.map { it.text to it.day!!.monthValue })
    }

    @Test
    fun cancelledNothingIsKept() {
        open(phone.file("talk.txt", "Ann: I sing\n")) { activity ->
            assertTrue(activity.getString(R.string.import_undated) in activity.text(R.id.import_about))
            activity.part(R.id.import_cancel).performClick()
            assertTrue(activity.isFinishing)
        }
        assertEquals(emptyList<String>(), texts)
    }

    @Test
    fun whatCannotBeReadIsSaid() {
        val missing = phone.file("talk.txt", "")
        shadowOf(phone.app.contentResolver).registerInputStreamSupplier(missing) { throw FileNotFoundException("gone") }
        val forbidden = phone.file("other.txt", "")
        shadowOf(phone.app.contentResolver).registerInputStreamSupplier(forbidden) { throw SecurityException("not yours") }
        val long = phone.file("long.txt", "Ann: I sing\n".repeat(2 shl 20))
        val sentences = listOf(missing to "got gone; choose it again", forbidden to "choose it again", long to "split it", phone.file("x.txt", "") to "check the file")
        for ((file, end) in sentences) {
            open(file) { activity ->
                assertTrue(activity.text(R.id.import_refusal), activity.text(R.id.import_refusal).endsWith(end))
                assertFalse(activity.part(R.id.import_choices).isShown)
            }
        }
    }

    private fun open(file: Uri, look: (ImportActivity) -> Unit) {
        val intent = Intent(phone.app, ImportActivity::class.java).setData(file)
        Robolectric.buildActivity(ImportActivity::class.java, intent).setup().use {
            phone.settle()
            look(it.get())
        }
    }

    private fun choices(activity: Activity, group: Int) = activity.findViewById<ViewGroup>(group)!!.children().map { it as RadioButton }

    private fun choose(activity: Activity, group: Int, at: Int) = choices(activity, group)[at].performClick()

    private fun Activity.part(id: Int): View = findViewById(id)!!

    private fun Activity.text(id: Int) = findViewById<TextView>(id)!!.text.toString()
}
