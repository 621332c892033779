package org.memlora.memory

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.operations.MemoryEvent
import org.memlora.operations.Message
import org.memlora.operations.UpdateInput
import org.memlora.store.Source
import org.memlora.store.Store
import java.io.File
import java.time.LocalDate

private const val HULL = "Ana lives in Hull"
private const val OSLO = "Ana lives in Oslo"

/** Whose word a memory is after the user said it again or corrected it: his own, which no import ends or changes. */
class SaidAgainTest {
    @TempDir
    lateinit var folder: File
    private val day = LocalDate.of(2026, 5, 1)
    private var events: (UpdateInput) -> List<MemoryEvent> = { listOf(MemoryEvent("0", it.facts[0], "UPDATE")) }
    private val memory by lazy {
        Memory(Script(update = { events(it) }), WordEmbedder(), Store(File(folder, "m.db"), BundledSQLiteDriver(), WordEmbedder()))
    }

    @AfterEach
    fun close() = memory.close()

    private fun said(
        text: String,
        day: LocalDate,
        isImported: Boolean = false,
        role: String = "user",
    ) = memory.add(listOf(Message(role, "", text)), "ana", day, "chat $day", isImported = isImported)

    private fun sources() = memory.getAll("ana").map { it.text to it.source }

    @Test
    fun `what the user says too no import changes, and an undo takes that back`() {
        said("*$HULL*", day, isImported = true)
        said("*$HULL*", day.plusDays(1))
        assertEquals(listOf(HULL to Source.USER), sources())
        assertEquals(listOf("ADD" to Source.IMPORTED, "UPDATE" to Source.USER), memory.history(1, "ana").map { it.event to it.source })
        assertEquals(listOf(1L), memory.undo("ana").restored)
        assertEquals(listOf(HULL to Source.IMPORTED), sources())
        said("*$HULL*", day.plusDays(1))
        said("*$OSLO*", day.plusDays(2), isImported = true)
        assertEquals(listOf(HULL to Source.USER, OSLO to Source.IMPORTED), sources())
        assertEquals(emptyList<Any>(), memory.store.check())
    }

    @Test
    fun `what nobody said again the next import changes`() {
        said("*$HULL*", day, isImported = true)
        said("*$OSLO*", day.plusDays(2), isImported = true)
        assertEquals(listOf(OSLO to Source.IMPORTED), sources())
    }

    @Test
    fun `a correction by hand is the user's`() {
        said("*$HULL*", day, isImported = true)
        memory.update(1, "Ana lives in York", "ana")
        said("*$OSLO*", day.plusDays(2), isImported = true)
        assertEquals(listOf("Ana lives in York" to Source.USER, OSLO to Source.IMPORTED), sources())
    }

    @Test
    fun `more words of the user's make it his, and an undo takes that back`() {
        said("*$HULL*", day, isImported = true)
        said("*$HULL with Tom*", day.plusDays(1))
        assertEquals(listOf("$HULL with Tom" to Source.USER), sources())
        memory.undo("ana")
        assertEquals(listOf(HULL to Source.IMPORTED), sources())
    }

    @Test
    fun `the same in other words is said again, and what update only leaves is not`() {
        said("*$HULL*", day, isImported = true)
        events = { listOf(MemoryEvent("0", HULL, "NONE")) }
        for (fact in listOf("Ana likes Hull", "Ana no longer lives in Hull", "Tom lives in Hull", "Ana lives well")) said("*$fact*", day)
        assertEquals(listOf(HULL to Source.IMPORTED), sources())
        said("*Ana really lives in Hull*", day)
        assertEquals(listOf(HULL to Source.USER), sources())
    }

    @Test
    fun `what others say again stays theirs`() {
        said("*$HULL*", day, isImported = true)
        said("*$HULL*", day.plusDays(1), role = "assistant")
        said("> *$HULL*", day.plusDays(2))
        assertEquals(listOf(HULL to Source.IMPORTED), sources())
    }
}
