package org.memlora.app

import org.memlora.app.assistant.Answer
import org.memlora.app.assistant.Assistant
import org.memlora.app.assistant.Change
import org.memlora.app.assistant.ChangeKind
import org.memlora.app.assistant.Memory
import org.memlora.app.assistant.Outcome
import org.memlora.app.assistant.Revision
import org.memlora.app.assistant.Source
import org.memlora.app.assistant.Spoken
import org.memlora.app.assistant.Story
import org.memlora.app.assistant.Turn
import org.memlora.progress.Cancellation
import java.time.LocalDate

internal val MONDAY: LocalDate = LocalDate.of(2026, 3, 2)

/** A memory that keeps sentences as they are said, and answers a question with the newest of them, word by word. */
internal class ScriptedAssistant : Assistant {
    val memories = mutableListOf<Memory>()

    /** What gave no memory, by chat; the memories of a chat by their ids. */
    val idle = mutableListOf<Pair<String, String>>()
    private val chats = HashMap<Long, String>()
    var changes = listOf<Change>()
    var isClosed = false

    /** Called before each word of an answer. */
    var onWord: () -> Unit = {}

    /** Called before something said is kept, and after. */
    var onRemember: () -> Unit = {}
    var onRemembered: () -> Unit = {}

    private val places = HashMap<String, Memory>()

    override fun read(line: String): Spoken = when {
        line.startsWith("forget ") -> Spoken("", "", line.removePrefix("forget "))
        line.endsWith("?") -> Spoken("", line, "")
        else -> Spoken(line, "", "")
    }

    override fun remember(said: String, day: LocalDate, session: String, place: String, cancellation: Cancellation): Outcome {
        if (said == "ok") {
            idle += session to said
            return Outcome.Nothing
        }
        onRemember()
        cancellation.check()
        val memory = places.getOrPut(place) { Memory(memories.size + 1L, said, day, "", false).also { memories += it } }
        chats[memory.id] = session
        onRemembered()
        return Outcome.Stored(listOf(Change(ChangeKind.REMEMBERED, memory.id, said, null)) + changes)
    }

    override fun take(turns: List<Turn>, session: String, place: String, cancellation: Cancellation): Outcome {
        onRemember()
        cancellation.check()
        val told = turns.filter { it.text != "ok" }.map { turn ->
            val memory = places.getOrPut("$session ${turn.day} $place ${turn.text}") {
                Memory(memories.size + 1L, turn.text, turn.day, turn.speaker, false).also { memories += it }
            }
            chats[memory.id] = session
            Change(ChangeKind.REMEMBERED, memory.id, turn.text, null)
        }
        onRemembered()
        return if (told.isEmpty()) Outcome.Nothing else Outcome.Stored(told)
    }

    override fun ask(question: String, day: LocalDate, cancellation: Cancellation, onText: (String) -> Unit): Answer {
        val source = memories.last()
        val words = source.text.split(" ")
        var text = ""
        for (word in words) {
            onWord()
            cancellation.check()
            text = "$text $word".trim()
            onText(text)
        }
        return Answer(text, listOf(Source(source.id, source.text, source.day)))
    }

    override fun memories(includePast: Boolean): List<Memory> = memories.filter { includePast || !it.isPast }.reversed()

    override fun search(query: String, includePast: Boolean): List<Memory> = memories(includePast).filter { query in it.text }

    override fun story(id: Long): Story? {
        val memory = memories.find { it.id == id } ?: return null
        return Story(
            memory,
            listOf(Revision("ADD", null, "I live in Leeds", "2026-01-04T09:00:00"), Revision("SUPERSEDE", "I live in Leeds", memory.text, "2026-03-02T18:00:00")),
            listOf("I live in Leeds"),
            listOf(Turn("", memory.text, memory.day)),
        )
    }

    override fun change(id: Long, text: String) = memories.replaceAll { if (it.id == id) it.copy(text = text) else it }

    override fun forget(ids: Set<Long>): Set<Long> {
        memories.removeAll { it.id in ids }
        places.values.removeAll { it.id in ids }
        return ids
    }

    fun forgetChat(session: String, withMemories: Boolean): Set<Long> {
        idle.removeAll { it.first == session }
        return if (withMemories) forget(chats.filterValues { it == session }.keys.toSet()) else emptySet()
    }

    override fun eraseEverything() {
        memories.clear()
        places.clear()
    }

    override fun close() {
        isClosed = true
    }
}
