package com.example.notes

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.needs.neededBundle
import java.io.File

class NotesTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `the library serves a stranger in Kotlin`() {
        val shown = StringBuilder()
        runBlocking { notes(neededBundle(), File(folder, "a.db")) { shown.append(it) } }
        assertTrue("Pickle" in shown.lines()[0] && "Pickle" in shown.lines()[1], "$shown")
    }

    @Test
    fun `and in Java, whose mistakes come as sentences`() {
        assertTrue("Pickle" in JavaNotes.notes(neededBundle(), File(folder, "a.db")).substringAfter(": "))
        assertTrue("manifest.json" in JavaNotes.notes(folder, File(folder, "b.db")))
    }

    @Test
    fun `docs show these very lines`() {
        val page = File(System.getProperty("memlora.house"), "docs/android.md").readText()
        val sources = listOf("kotlin" to "src/main/kotlin/com/example/notes/Notes.kt", "java" to "src/main/java/com/example/notes/JavaNotes.java")
        for ((language, source) in sources) {
            val shown = page.substringAfter("```$language\n").substringBefore("```")
            val lines = File(source).readText().lines().map { it.trim() }
            assertEquals(emptyList<String>(), shown.lines().map { it.trim() } - lines.toSet(), source)
            assertTrue(shown.lines().size > 5, source)
        }
    }
}
