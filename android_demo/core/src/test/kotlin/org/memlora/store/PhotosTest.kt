package org.memlora.store

import java.io.File
import java.time.LocalDate
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.errors.ImageException
import org.memlora.images.Pixels
import org.memlora.images.pngBytes
import org.memlora.images.readPng
import org.memlora.parts.Embeddings
import org.memlora.store.forms.Photo
import org.memlora.store.forms.THUMBNAIL_SIDE
import org.memlora.store.forms.bytesOf

class PhotosTest {
    @TempDir
    lateinit var folder: File

    private val path get() = File(folder, "s.db")
    private val day = LocalDate.of(2023, 5, 8)

    private fun photo(seed: Int, width: Int = 160, height: Int = 120) =
        Photo(Pixels(width, height, Random(seed).nextBytes(width * height * 3)))

    private fun say(store: Store, key: String, text: String, vararg photos: Photo): List<Long> {
        val turns = store.putExchange("ana", key, "s", day, said(text), State.STORED, null, listOf(vector(text)))
        store.putPhotos("ana", turns, photos.toList())
        return turns
    }

    private fun isHeld(data: ByteArray): Boolean {
        val held = filesOf(path).joinToString("") { String(it.readBytes(), Charsets.ISO_8859_1) }
        val text = String(data, Charsets.ISO_8859_1)
        val starts = (60 until text.length - 40 step 97).toList()
        return starts.any { text.substring(it, it + 24) in held }
    }

    @Test
    fun `a photo is kept once with its thumbnail and what was said`() {
        openStore(path).use { store ->
            val first = say(store, "1", "My cat", photo(1))
            say(store, "2", "It grew", photo(1), photo(2))
            val (cat, other) = store.photos("ana")
            assertEquals(photo(1).name to listOf("My cat", "It grew"), cat.name to cat.turns.map { it.text })
            assertEquals(day to listOf("It grew"), other.day to other.turns.map { it.text })
            assertEquals("My cat It grew", cat.caption)
            assertEquals(cat to 2, store.photo("ana", cat.id) to store.countPhotos("ana"))
            assertEquals(listOf(photo(1).name, photo(2).name).sorted(), store.photoNames())
            assertEquals(photo(1).pixels, store.photoPixels(photo(1).name))
            assertEquals(photo(1).pixels, readPng(store.photoPng("ana", cat.id)))
            assertEquals(THUMBNAIL_SIDE, readPng(store.photoPng("ana", cat.id, isThumbnail = true)).width)
            assertEquals(emptyList<Fault>(), store.check())
            assertThrows(ConfigException::class.java) { store.photoPng("bob", cat.id) }
            assertThrows(ContractException::class.java) { store.putPhotos("bob", first, listOf(photo(1))) }
        }
    }

    @Test
    fun `an embedding is kept by the photo and the encoder`() {
        openStore(path).use { store ->
            say(store, "1", "My cat", photo(1))
            val numbers = FloatArray(48) { it / 7f }
            for ((encoder, width) in listOf("one" to 12, "two" to 24)) {
                store.putPhotoRows(photo(1).name, encoder, Embeddings(numbers, width))
                assertEquals(Embeddings(numbers, width), store.photoRows(photo(1).name, encoder))
            }
            assertNull(store.photoRows(photo(1).name, "one"))
            assertEquals(emptyList<Fault>(), store.check())
        }
    }

    @Test
    fun `a forgotten photo leaves no byte`() {
        openStore(path).use { store ->
            val photos = List(6) { photo(it) }
            val rows = List(6) { seed -> Random(seed).let { random -> FloatArray(640) { random.nextFloat() } } }
            photos.forEachIndexed { number, photo ->
                val turns = say(store, "k$number", "captionword$number here", photo)
                store.addMemory("ana", "derivedword$number is known", day, vector("d$number"), turns, Source.USER)
                store.putPhotoRows(photo.name, "encoder", Embeddings(rows[number], 64))
            }
            val files = photos.zip(rows) { photo, row -> listOf(photo.png, photo.thumbnail, bytesOf(row)) }
            assertTrue(files.flatten().all(::isHeld))
            assertThrows(ConfigException::class.java) { store.forgetPhotos("ana", listOf(1, 9)) }
            assertEquals(listOf(2L), store.forgetPhotos("ana", listOf(2)).photos)
            assertEquals(listOf(4L), store.forgetMemories("ana", listOf(4)).photos)
            assertEquals(listOf(6L), store.undo("ana") { texts -> texts.map(::vector) }.forgotten)
            for (number in photos.indices) {
                val isKept = number % 2 == 0
                assertEquals(List(3) { isKept }, files[number].map(::isHeld), "photo $number")
                for (word in listOf("captionword$number", "derivedword$number", photos[number].name)) {
                    assertEquals(isKept, filesOf(path).any { word in String(it.readBytes(), Charsets.ISO_8859_1) }, word)
                }
            }
            assertEquals(emptyList<Fault>(), store.check())
            assertTrue(store.forgetSession("ana", "s", withMemories = false).turns.isEmpty())
            assertEquals(listOf(1L, 3L, 5L), store.forgetUser("ana").photos)
        }
    }

    @Test
    fun `a PNG of ours is read back and no other`() {
        for ((width, height) in listOf(1 to 1, 512 to 3, 2 to 512)) {
            val pixels = photo(3, width, height).pixels
            val png = pngBytes(pixels)
            assertEquals(pixels, readPng(png))
            for (at in png.indices step maxOf(1, png.size / 50)) {
                val torn = png.copyOf().also { it[at] = (it[at].toInt() xor 1).toByte() }
                assertThrows(ImageException::class.java) { readPng(torn) }
                assertThrows(ImageException::class.java) { readPng(png.copyOf(at)) }
            }
        }
    }
}
