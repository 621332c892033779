package org.memlora.app.screens

import android.app.Activity
import android.app.AlertDialog
import android.content.Intent
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.ListView
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.memlora.app.dialog
import org.memlora.app.MONDAY
import org.memlora.app.MainActivity
import org.memlora.app.PHONE
import org.memlora.app.Phone
import org.memlora.app.R
import org.memlora.app.assistant.Change
import org.memlora.app.assistant.ChangeKind
import org.memlora.app.assistant.Memory
import org.memlora.app.children
import org.memlora.app.draw
import org.memlora.app.file
import org.memlora.app.imports.ImportActivity
import org.memlora.app.memories.MemoryActivity
import org.memlora.app.say
import org.memlora.app.shown
import org.memlora.app.tab
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** Every screen in both themes, both directions and with large letters: drawn, and what can be touched has a name and a size. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class ScreensTest {
    @Test
    fun light() = tour("light")

    @Test
    fun dark() {
        RuntimeEnvironment.setQualifiers("+night")
        tour("dark")
    }

    @Test
    fun rightToLeft() {
        RuntimeEnvironment.setQualifiers("+ar-ldrtl")
        tour("arabic")
    }

    @Test
    fun largeLetters() {
        RuntimeEnvironment.setFontScale(2f)
        tour("large")
    }

    @Test
    fun largeLettersRightToLeft() {
        RuntimeEnvironment.setQualifiers("+ar-ldrtl")
        RuntimeEnvironment.setFontScale(2f)
        tour("large-arabic")
    }

    private fun tour(name: String) {
        val phone = Phone()
        Robolectric.buildActivity(MainActivity::class.java).setup().use { controller ->
            val activity = controller.get()
            phone.settle()
            talk(activity, phone)
            look(activity, "chat-$name")
            assertEquals(activity.getString(R.string.you_said, "Where do I live?"), heard(activity).dropLast(1).last())
            dialogs(activity, phone, name)
            activity.tab(R.string.memories).performClick()
            phone.settle()
            look(activity, "memories-$name")
            import(activity, phone, name)
            activity.tab(R.string.bundle).performClick()
            phone.settle()
            look(activity, "bundle-$name")
            activity.tab(R.string.diagnostics).performClick()
            activity.findViewById<View>(R.id.diagnostics_run)!!.performClick()
            phone.settle()
            look(activity, "diagnostics-$name")
            assertEquals(emptyList<String>(), unnamed(activity))
        }
        val intent = Intent(phone.app, MemoryActivity::class.java).putExtra(MemoryActivity.ID, 2L)
        Robolectric.buildActivity(MemoryActivity::class.java, intent).setup().use { controller ->
            phone.settle()
            assertEquals("I moved to York last week", controller.get().findViewById<EditText>(R.id.memory_text)!!.text.toString())
            look(controller.get(), "memory-$name")
        }
        phone.close()
    }

    private fun import(main: Activity, phone: Phone, name: String) {
        val intent = Intent(phone.app, ImportActivity::class.java).setData(phone.file("Chat with Ann.txt", CHAT))
        Robolectric.buildActivity(ImportActivity::class.java, intent).setup().use { controller ->
            phone.settle()
            controller.get().findViewById<ViewGroup>(R.id.import_me)!!.children()[1].performClick()
            look(controller.get(), "import-$name")
            controller.get().findViewById<View>(R.id.import_begin)!!.performClick()
            phone.settle()
            assertTrue(controller.get().isFinishing)
        }
        main.tab(R.string.chat).performClick()
        phone.settle()
        look(main, "imported-$name")
    }

    private fun talk(activity: Activity, phone: Phone) {
        activity.say(phone, "My sister Ann plays the cello")
        phone.backend.assistant.changes = listOf(
            Change(ChangeKind.CHANGED, 2, "I live in York", "I live in Leeds"),
            Change(ChangeKind.FORGOTTEN, null, "I commute to Leeds by train", null),
        )
        activity.say(phone, "I moved to York last week")
        activity.say(phone, "Where do I live?")
        phone.backend.assistant.memories += Memory(3, "Ben teaches biology in Hull", MONDAY, "Ben", isPast = false)
    }

    private fun dialogs(activity: Activity, phone: Phone, name: String) {
        val list = activity.findViewById<ListView>(R.id.chat_lines)!!
        list.adapter.getView(list.adapter.count - 1, null, list).findViewById<View>(R.id.line_action)!!.performClick()
        shown(phone, "correction-$name").getButton(AlertDialog.BUTTON_NEGATIVE).performClick()
        activity.findViewById<View>(R.id.chat_title)!!.performClick()
        shown(phone, "chats-$name").getButton(AlertDialog.BUTTON_NEUTRAL).performClick()
        shown(phone, "delete-$name").getButton(AlertDialog.BUTTON_NEGATIVE).performClick()
        phone.settle()
    }

    private fun shown(phone: Phone, name: String): AlertDialog {
        phone.settle()
        val view = dialog().window!!.decorView
        view.draw(name)
        assertEquals(name, emptyList<String>(), cut(view))
        return dialog()
    }

    private fun look(activity: Activity, name: String) {
        val bitmap = activity.draw(name)
        val colours = (0 until bitmap.height step 8).flatMap { y -> (0 until bitmap.width step 8).map { x -> bitmap.getPixel(x, y) } }
        assertTrue("$name is blank", colours.distinct().size > 4)
        assertEquals(emptyList<String>(), unnamed(activity))
        assertEquals(name, emptyList<String>(), cut(activity.window.decorView))
    }

    // a screen reader says who speaks
    private fun heard(activity: Activity): List<CharSequence> =
        activity.window.decorView.shown().filter { it.id == R.id.line_text }.map { it.contentDescription }

    // text that its view has no room for; the name of a chat is cut on purpose, and what is typed scrolls
    private fun cut(window: View): List<String> =
        window.shown().filterIsInstance<TextView>().filter { it !is EditText && it.id != R.id.chat_title && it.text.isNotEmpty() }.mapNotNull { view ->
            val layout = view.layout ?: return@mapNotNull null
            val room = view.height - view.compoundPaddingTop - view.compoundPaddingBottom
            val lines = 0 until layout.lineCount
            val isCut = layout.height > room || lines.any { layout.getEllipsisCount(it) > 0 || layout.getLineMax(it) > layout.width + 1 }
            if (isCut) "${view.text}: ${layout.height} in $room" else null
        }

    // what a screen reader would call "button" and nothing else, and what is too small for a finger
    private fun unnamed(activity: Activity): List<String> {
        val least = 48 * activity.resources.displayMetrics.density
        return activity.window.decorView.shown().filter { it.isClickable && it.hasOnClickListeners() }.mapNotNull { view ->
            val label = view.contentDescription ?: (view as? TextView)?.text
            // tabs have no id, choices one that was made for this start
            val id = if (view.id == View.NO_ID) R.id.tabs else view.id.takeIf { it ushr 24 != 0 } ?: (view.parent as View).id
            val name = view.resources.getResourceEntryName(id)
            when {
                label.isNullOrEmpty() -> "$name has no name"
                view.height < least || view.width < least -> "$name is ${view.width} x ${view.height}"
                else -> null
            }
        }
    }

    private companion object {
        // day and month may be either
        const val CHAT = "03/05/2026, 18:02 - Ann: My new desk is by the window\n03/05/2026, 18:05 - Ben: I sold the boat last week\n" +
            "04/06/2026, 09:12 - Ann: The choir sings in Leeds on Sunday\n"
    }
}
