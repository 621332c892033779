package org.memlora.app.memories

import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.app.MONDAY
import org.memlora.app.ScriptedAssistant
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.Memory
import org.memlora.app.work.EngineMark
import org.memlora.app.work.Worker

class FiltersTest {
    @TempDir
    lateinit var folder: File

    private val assistant = ScriptedAssistant()
    private val shelf by lazy {
        Shelf(Host(Worker({ it.run() }, { it.run() }) { }, EngineMark(File(folder, "mark"))) { assistant }, { MONDAY }, { }, { { } }, { })
    }

    @Test
    fun `by words, person, days and whether it holds`() {
        assistant.memories += Memory(1, "I live in Leeds", MONDAY.minusDays(40), "", isPast = true)
        assistant.memories += Memory(2, "I live in York", MONDAY, "", isPast = false)
        assistant.memories += Memory(3, "Ben teaches in Hull", MONDAY.minusDays(3), "Ben", isPast = false)
        assistant.memories += Memory(4, "Ben plays chess", null, "Ben", isPast = false)
        shelf.refresh()
        assertEquals(listOf(4L, 3L, 2L), shown(Wish()))
        assertEquals(listOf("", "Ben"), shelf.listing.value.people)
        assertEquals(listOf(4L, 3L), shown(Wish(person = "Ben")))
        assertEquals(listOf(3L), shown(Wish(person = "Ben", days = 7)))
        assertEquals(listOf(2L), shown(Wish(days = 1)))
        assertEquals(listOf(2L, 1L), shown(Wish(query = "live", includePast = true)))
    }

    private fun shown(wish: Wish): List<Long> {
        shelf.look(wish)
        return shelf.listing.value.memories.map { it.id }
    }
}
