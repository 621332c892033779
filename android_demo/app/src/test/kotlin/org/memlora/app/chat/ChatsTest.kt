package org.memlora.app.chat

import android.app.AlertDialog
import android.database.sqlite.SQLiteDatabase
import android.view.View
import android.widget.TextView
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.memlora.app.assistant.HostState
import org.memlora.app.dialog
import org.memlora.app.MainActivity
import org.memlora.app.PHONE
import org.memlora.app.Phone
import org.memlora.app.R
import org.memlora.app.say
import org.memlora.app.texts
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.io.File

/** Several chats: kept, called by their first words, chosen and deleted. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
class ChatsTest {
    private val phone = Phone()
    private val assistant = phone.backend.assistant
    private val talk get() = phone.app.parts.conversation
    private val record get() = talk.record

    @After
    fun close() = phone.close()

    @Test
    fun oneIsBegunAndTheOtherIsThereStill() {
        say("I live in York")
        val first = record.shown
        record.begin()
        assertEquals(emptyList<Line>(), talk.lines.value)
        say("Ben plays chess")
        assertEquals(listOf("Ben plays chess", "I live in York"), record.all.value.map { it.words })
        record.open(first)
        assertEquals(listOf("I live in York"), talk.lines.value.map { it.text })
        phone.die()
        assertEquals(listOf("Ben plays chess"), talk.lines.value.map { it.text })
        assertEquals(2, record.all.value.size)
    }

    @Test
    fun anEmptyOneIsNotBegunTwice() {
        record.begin()
        record.begin()
        assertEquals(1, record.all.value.size)
        assertTrue(record.all.value.single().isEmpty)
    }

    @Test
    fun anAnswerComesIntoItsOwnChat() {
        say("I live in York")
        val first = record.shown
        var isFirst = true
        assistant.onWord = {
            if (isFirst) {
                isFirst = false
                shadowOf(phone.app.mainLooper).idle()
                record.begin()
            }
        }
        say("Where do I live?")
        assertEquals(emptyList<Line>(), talk.lines.value)
        record.open(first)
        assertEquals("I live in York", talk.lines.value.last().text)
    }

    @Test
    fun deletedWithItsMemories() {
        say("my locker code is zyzzyva")
        say("ok")
        record.begin()
        say("I live in York")
        say("ok")
        talk.delete(record.all.value.last().id, withMemories = true) { assertEquals(null, it) }
        phone.settle()
        assertEquals(listOf("I live in York"), assistant.memories.map { it.text })
        assertEquals(listOf("chat ${record.all.value.single().id}"), assistant.idle.map { it.first })
        assertEquals(listOf("I live in York"), record.all.value.map { it.words })
        assertEquals(emptyList<File>(), filesWith("zyzzyva"))
    }

    @Test
    fun deletedAndItsMemoriesKept() {
        say("my locker code is zyzzyva")
        say("ok")
        talk.delete(record.shown, withMemories = false) { assertEquals(null, it) }
        phone.settle()
        assertEquals(1, assistant.memories.size)
        assertEquals(emptyList<Any>(), assistant.idle)
        assertTrue(record.all.value.single().isEmpty)
        assertEquals(emptyList<File>(), filesWith("zyzzyva"))
    }

    @Test
    fun theMemoryIsClosedForDeletingAndOpenedAgain() {
        say("I live in York")
        assertEquals(HostState.Ready, phone.app.parts.host.state.value)
        talk.delete(record.shown, withMemories = false) { assertEquals(null, it) }
        phone.settle()
        assertEquals(HostState.Ready, phone.app.parts.host.state.value)
        assertTrue(assistant.isClosed)
    }

    @Test
    fun deletedWithoutABundle() {
        assertTrue(File(phone.files, "bundle").deleteRecursively())
        say("I live in York")
        assertEquals(Progress.Waiting, (talk.lines.value.single() as Line.Said).progress)
        talk.delete(record.shown, withMemories = false) { assertEquals(null, it) }
        phone.settle()
        assertTrue(record.all.value.single().isEmpty)
        assertEquals(HostState.NoBundle, phone.app.parts.host.state.value)
    }

    @Test
    fun deletedWhileItIsWrittenTo() {
        say("I live in York")
        assistant.onWord = { talk.delete(record.shown, withMemories = true) { assertEquals(null, it) } }
        say("Where do I live?")
        assertEquals(0, assistant.memories.size)
        assertTrue(record.all.value.single().isEmpty)
    }

    @Test
    fun aLineOfAnotherChatGoesOnAfterADeath() {
        talk.submit("I live in York")
        record.begin()
        phone.die()
        phone.app.parts.host.wake()
        phone.settle()
        assertEquals(emptyList<Line>(), talk.lines.value)
        record.open(record.all.value.last().id)
        assertEquals(Progress.Done, (talk.lines.value.single() as Line.Said).progress)
    }

    @Test
    fun theScreenOffersThemAndSaysWhatBecomesOfTheMemories() {
        Robolectric.buildActivity(MainActivity::class.java).setup().use { controller ->
            val activity = controller.get()
            phone.settle()
            val title = activity.findViewById<TextView>(R.id.chat_title)!!
            assertEquals(activity.getString(R.string.new_chat), title.text)
            activity.say(phone, "I live in York")
            assertEquals("I live in York", title.text)
            activity.findViewById<View>(R.id.chat_new)!!.performClick()
            assertEquals(activity.getString(R.string.new_chat), title.text)
            title.performClick()
            assertEquals(2, shadowOf(dialog()).items.size)
            shadowOf(dialog()).clickOnItem(1)
            assertTrue("I live in York" in activity.texts())
            title.performClick()
            dialog().getButton(AlertDialog.BUTTON_NEUTRAL).performClick()
            phone.settle()
            controller.recreate()
            assertEquals(controller.get().getString(R.string.delete_chat_meaning, "1"), shadowOf(dialog()).message)
            dialog().getButton(AlertDialog.BUTTON_POSITIVE).performClick()
            phone.settle()
            assertEquals(0, assistant.memories.size)
            assertFalse("I live in York" in controller.get().texts())
        }
    }

    @Test
    fun theOneChatOfVersion1IsTheFirstOfSeveral() {
        val file = File(phone.files, "old/chat.db").apply { parentFile!!.mkdirs() }
        SQLiteDatabase.openOrCreateDatabase(file, null).use { db ->
            db.execSQL(
                "CREATE TABLE lines (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, text TEXT NOT NULL, " +
                    "day TEXT NOT NULL, progress TEXT NOT NULL, failure TEXT)",
            )
            db.execSQL(
                "CREATE TABLE notes (line INTEGER NOT NULL REFERENCES lines (id) ON DELETE CASCADE, place INTEGER NOT NULL, " +
                    "kind TEXT NOT NULL, memory INTEGER, text TEXT NOT NULL, previous TEXT, day TEXT, PRIMARY KEY (line, place))",
            )
            db.execSQL("INSERT INTO lines VALUES (7, 'SAID', 'I live in York', '2026-03-02', 'done', NULL)")
            db.execSQL("INSERT INTO notes VALUES (7, 0, 'REMEMBERED', 1, 'I live in York', NULL, NULL)")
            upgradeFrom1(db)
            db.rawQuery("SELECT chats.day, lines.id, notes.text FROM chats JOIN lines ON chat = chats.id JOIN notes ON line = lines.id", null).use { row ->
                assertTrue(row.moveToFirst())
                assertEquals(listOf("2026-03-02", "7", "I live in York"), (0..2).map { row.getString(it) })
            }
            db.execSQL("PRAGMA foreign_keys = ON")
            db.execSQL("DELETE FROM chats")
            assertEquals(0L, db.compileStatement("SELECT count(*) FROM notes").simpleQueryForLong())
        }
    }

    @Test
    fun anImportOfVersion3HasAnUnknownStart() {
        val file = File(phone.files, "old/chat.db").apply { parentFile!!.mkdirs() }
        SQLiteDatabase.openOrCreateDatabase(file, null).use { db ->
            db.execSQL(
                "CREATE TABLE imports (line INTEGER PRIMARY KEY, me TEXT NOT NULL, day_first INTEGER, " +
                    "read INTEGER NOT NULL, total INTEGER NOT NULL, words_only INTEGER NOT NULL)",
            )
            db.execSQL("INSERT INTO imports VALUES (7, 'Ben', NULL, 2, 5, 0)")
            upgradeFrom3(db)
            db.rawQuery("SELECT line, read, start FROM imports", null).use { row ->
                assertTrue(row.moveToFirst())
                assertEquals(listOf("7", "2", ""), (0..2).map { row.getString(it) })
            }
        }
    }

    private fun say(text: String) {
        talk.submit(text)
        phone.settle()
    }

    private fun filesWith(word: String) =
        phone.files.walk().filter { it.isFile && it.name.startsWith("chat.db") && word in it.readText(Charsets.ISO_8859_1) }.toList()
}
