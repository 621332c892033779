package org.memlora.memory.photos

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.ConfigException
import org.memlora.images.Pixels
import org.memlora.images.source
import org.memlora.memory.Empty
import org.memlora.memory.Failed
import org.memlora.memory.Memory
import org.memlora.memory.Outcome
import org.memlora.memory.Script
import org.memlora.memory.Stored
import org.memlora.memory.WordEmbedder
import org.memlora.memory.factsSaid
import org.memlora.operations.ExtractInput
import org.memlora.operations.GenerateInput
import org.memlora.operations.Message
import org.memlora.operations.SelectInput
import org.memlora.operations.UnparsableException
import org.memlora.operations.VqaAnswer
import org.memlora.operations.VqaInput
import org.memlora.parts.Embeddings
import org.memlora.store.Fault
import org.memlora.store.Store
import org.memlora.store.filesOf
import org.memlora.store.forms.Photo
import org.memlora.store.forms.bytesOf
import java.io.File
import java.time.LocalDate

private val KEEP_ALL: (SelectInput) -> List<Int> = { given -> List(given.messages[0].text.count { it == '.' } + 1) { it + 1 } }
private val LAST: (GenerateInput) -> String = { it.memories.last().text }

/** As Python's `tests/runtime_py/memory/photos/test_photos.py`. */
class PhotoMemoryTest {
    @TempDir
    lateinit var folder: File
    private val day = LocalDate.of(2023, 5, 8)
    private val opened = ArrayList<Memory>()
    private val seen = ArrayList<VqaInput>()
    private val path get() = File(folder, "store.db")
    private lateinit var encoder: FakeImageEncoder
    private lateinit var sight: Sight

    private fun memory(
        identity: String = "one",
        select: ((SelectInput) -> List<Int>)? = null,
        generate: (GenerateInput) -> String = LAST,
        extract: (ExtractInput) -> List<String> = ::factsSaid,
        look: ((Embeddings) -> VqaAnswer) = ::brightest,
    ): Memory {
        close()
        val embedder = WordEmbedder()
        val store = Store(path, BundledSQLiteDriver(), embedder)
        encoder = FakeImageEncoder(identity)
        sight = Sight({ encoder }, store)
        val looked = { given: VqaInput -> look(sight.rowsOf(given.image)).also { seen += given } }
        val script = Script(extract, generate = generate, select = select, look = looked)
        return Memory(script, embedder, store, sight = sight, onClose = sight::close).also { opened += it }
    }

    @AfterEach
    fun close() {
        opened.forEach { it.close() }
        opened.clear()
    }

    private fun brightest(rows: Embeddings): VqaAnswer {
        val colour = COLOURS[rows.rows.take(3).withIndex().maxBy { it.value }.index]
        return VqaAnswer(colour, "It is $colour.")
    }

    private fun Memory.show(
        text: String,
        vararg images: Pixels,
        user: String = "ana",
        session: String = "",
    ): Outcome = add(listOf(Message("user", "", text)), user, day, session, images = images.toList())

    @Test
    fun `a photo is kept with what was said and answers`() {
        val memory = memory(select = KEEP_ALL)
        assertEquals(listOf(1L), memory.show("Our new kitchen mug", plain("red")).photos)
        memory.show("I met Bob in Ghent")
        val answer = memory.ask("What colour is the mug in the picture?", "ana")
        assertEquals("red" to "It is red.", answer.text to answer.reason)
        val shown = checkNotNull(answer.photo).photo
        assertEquals(Triple(1L, "Our new kitchen mug", day), Triple(shown.id, shown.caption, shown.day))
        assertEquals(listOf(1L), answer.used.map { it.turn.id })
        assertEquals(listOf(shown.name), seen.map { it.image })
        assertNull(memory.ask("Where did I meet Bob?", "ana").photo)
    }

    @Test
    fun `encoded once when saved and again by another encoder`() {
        var memory = memory()
        memory.show("My mug", plain("red"))
        memory.show("My mug again", plain("red"), plain("green"))
        memory.show("Her mug", plain("red"), user = "bob")
        assertEquals(2, encoder.encoded)
        repeat(2) { assertEquals("red", memory.ask("What colour is it in the picture?", "bob").text) }
        assertEquals(2, encoder.encoded)
        val first = encoder
        memory = memory("two")
        assertTrue(first.isClosed)
        repeat(2) { assertEquals("red", memory.ask("What colour is it in the picture?", "bob").text) }
        assertEquals(1, encoder.encoded)
        assertEquals(2 to 2, sight.reencode() to encoder.encoded)
    }

    @Test
    fun `which photo a question is about`() {
        val best: (GenerateInput) -> String = { given ->
            val words = given.question.lowercase().trimEnd('?').split(' ').toSet() - setOf("the", "is", "of", "in")
            given.memories.maxBy { told -> told.text.lowercase().split(' ').count { it in words } }.text
        }
        val memory = memory(select = KEEP_ALL, generate = best)
        memory.show("Look at my kitchen mug", plain("red"), session = "one")
        memory.show("See this one", plain("green"), session = "two")
        memory.show("That was Minka in the garden", session = "two")
        memory.show("Tom's car is black.", session = "three")
        memory.show("Our boat on the lake", plain("blue"), session = "four")
        val right =
            mapOf(
                "What colour is the boat in the photo?" to "blue",
                "What colour is the mug in my picture?" to "red",
                "What is in the picture?" to "blue", // nothing else is said of it: the newest
                "Which animal is in the photo of Minka?" to "green", // named one exchange later
                "What colour is the boat?" to "blue", // the best memory has a photo
                "What color is Tom's car?" to "Tom's car is black.", // told by words
                "Who took the picture of the mug?" to "Look at my kitchen mug", // no picture shows it
                "Where is the boat?" to "Our boat on the lake",
            )
        assertEquals(right, right.mapValues { (question) -> memory.ask(question, "ana").text })
    }

    @Test
    fun `photos are searched by captions and what was said around`() {
        val memory = memory()
        memory.show("See *Ana owns a mug*", plain("red"), session = "one")
        for (number in 0 until 100) memory.show("I washed the mug $number times", session = "other")
        memory.show("Minka sleeps", plain("green"), session = "two")
        assertEquals(listOf(1L, 2L), memory.searchPhotos("Where is the mug?", "ana", 5).map { it.photo.id })
        assertEquals(listOf(2L), memory.searchPhotos("Minka", "ana", 1).map { it.photo.id })
        assertTrue(memory.searchPhotos("", "ana").isEmpty() && memory.searchPhotos("Minka", "bob").isEmpty())
    }

    @Test
    fun `a photo without words is kept, and a large one as far as it goes`() {
        val memory = memory()
        val kept = memory.show("", plain("red"), plain("red"))
        assertEquals(Empty("no facts in it", listOf(1)), kept)
        assertEquals(Empty("this exchange was stored before"), memory.show("", plain("red")))
        assertEquals(listOf(2L), memory.show("", plain("blue", 1500, 30)).photos)
        val pixels = memory.store.photoPixels(memory.store.photos("ana").last().name)
        assertEquals(512 to 10, pixels.width to pixels.height)
        assertEquals("blue", memory.ask("What do you see in the photo?", "ana").text)
    }

    @Test
    fun `a bundle without vision refuses a photo and answers as ever`() {
        memory(select = KEEP_ALL).show("My mug", plain("red"))
        close()
        val embedder = WordEmbedder()
        Memory(Script(select = KEEP_ALL, generate = LAST), embedder, Store(path, BundledSQLiteDriver(), embedder)).use { blind ->
            val refusal = assertThrows<ConfigException> { blind.show("My cat", plain("green")) }
            assertTrue("expected a bundle with vision, got one of text alone" in refusal.message.orEmpty())
            assertEquals(listOf("My mug"), blind.store.turns("ana").map { it.text })
            assertEquals("My mug", blind.ask("What colour is the mug in the picture?", "ana").text)
        }
    }

    @Test
    fun `what a text tells is not looked for, and nothing usable is answered from texts`() {
        var memory = memory(select = KEEP_ALL)
        memory.show("We have three boats", plain("red"))
        assertEquals("We have three boats", memory.ask("How many boats are there?", "ana").text)
        assertTrue(seen.isEmpty())
        assertEquals("red", memory.ask("How many boats are in the picture?", "ana").text)
        memory = memory(select = KEEP_ALL, look = { throw UnparsableException("expected JSON, got 'sorry'") })
        val answer = memory.ask("How many boats are in the picture?", "ana")
        assertEquals("We have three boats" to null, answer.text to answer.photo)
    }

    @Test
    fun `a model that fails keeps the photo`() {
        var memory = memory(extract = { throw UnparsableException("expected JSON, got 'sorry'") })
        assertEquals(Failed("expected JSON, got 'sorry'", listOf(1)), memory.show("*Ana owns a mug*", plain("red")))
        memory = memory()
        encoder.isBroken = true
        val failed = memory.show("*Ana owns a cup*", plain("green")) as Failed
        assertTrue(failed.reason.startsWith("the encoder is broken"))
        encoder.isBroken = false
        assertTrue(memory.show("*Ana owns a cup*", plain("green")) is Stored)
        assertEquals(listOf(1L, 2L), memory.store.photos("ana").map { it.id })
        assertEquals(emptyList<Fault>(), memory.store.check())
    }

    @Test
    fun `a forgotten photo leaves none of its bytes, its rows, its caption and what came of it`() {
        val memory = memory()
        val (kept, gone) = listOf(7, 8).map { source("noise", it, 140, 90) }
        memory.show("*Ana owns keptword*", kept)
        memory.show("*Ana owns goneword*", gone)
        val traces = listOf(kept, gone).map { tracesOf(memory, Photo(it)) }
        assertEquals(listOf(true, true), traces.map { each -> each.all(::isHeld) })
        assertTrue(listOf("keptword", "goneword").all { isHeld(it.toByteArray()) })
        assertThrows<ConfigException> { memory.forgetPhoto(2, "bob") }
        memory.forgetPhoto(2, "ana")
        assertFalse(traces[1].any(::isHeld))
        assertFalse(isHeld("goneword".toByteArray()))
        assertTrue(traces[0].all(::isHeld) && isHeld("keptword".toByteArray()))
        assertEquals(listOf("Ana owns keptword"), memory.getAll("ana").map { it.text })
        assertThrows<ConfigException> { memory.forgetPhoto(2, "ana") }
        memory.show("*Ana owns a cup*", gone)
        memory.undo("ana")
        assertEquals(listOf(Photo(kept).name), memory.store.photoNames())
    }

    /** Pieces of the picture's file and of its thumbnail, its name, and its rows as bytes. */
    private fun tracesOf(
        memory: Memory,
        photo: Photo,
    ): List<ByteArray> {
        val rows = checkNotNull(memory.store.photoRows(photo.name, "one")).rows
        val files = listOf(photo.png, photo.thumbnail).map { it.copyOfRange(it.size / 2, it.size / 2 + 24) }
        return files + photo.name.toByteArray() + bytesOf(rows)
    }

    private fun isHeld(data: ByteArray): Boolean =
        filesOf(path).any { String(data, Charsets.ISO_8859_1) in String(it.readBytes(), Charsets.ISO_8859_1) }
}
