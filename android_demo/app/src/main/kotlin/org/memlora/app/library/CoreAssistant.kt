package org.memlora.app.library

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
import org.memlora.memory.Applied
import org.memlora.memory.Empty
import org.memlora.memory.Failed
import org.memlora.memory.Stored
import org.memlora.memory.rules.contentWords
import org.memlora.memory.rules.readLine
import org.memlora.operations.Message
import org.memlora.progress.Cancellation
import org.memlora.store.HistoryRow
import org.memlora.store.StoredMemory
import java.time.LocalDate
import org.memlora.memory.Memory as CoreMemory
import org.memlora.memory.Outcome as Added
import org.memlora.store.Turn as StoredTurn

internal const val OWNER = "me"
private const val FOUND = 50
private const val SOURCES = 3
private const val LATELY = 20

/** Core's memory of the one user [OWNER]; each day of a chat is a session of its own. */
internal class CoreAssistant(private val memory: CoreMemory) : Assistant {
    private val store = memory.store

    override fun read(line: String): Spoken = readLine(line).let { Spoken(it.said, it.asked, it.forget) }

    override fun remember(said: String, day: LocalDate, session: String, place: String, cancellation: Cancellation): Outcome {
        val message = listOf(Message("user", "", said))
        val named = sessionOf(session, day)
        return outcome(memory.add(message, OWNER, day, named, place, cancellation = cancellation), message, named)
    }

    override fun take(turns: List<Turn>, session: String, place: String, cancellation: Cancellation): Outcome {
        val messages = turns.map { Message(if (it.speaker.isEmpty()) "user" else "assistant", it.speaker, it.text) }
        val day = turns.first().day
        val named = sessionOf(session, day)
        return outcome(memory.add(messages, OWNER, day, named, place, isImported = true, cancellation = cancellation), messages, named)
    }

    override fun ask(question: String, day: LocalDate, cancellation: Cancellation, onText: (String) -> Unit): Answer {
        val answer = memory.ask(question, OWNER, askedOn = day, cancellation = cancellation) { text ->
            onText(text)
            true
        }
        val turns = (answer.used + listOfNotNull(answer.likely)).map { it.turn }.distinctBy { it.id }
        val told = store.takenFrom(OWNER, turns.map { it.id })
        val said = turns.map { turn -> Source(told[turn.id]?.firstOrNull()?.id, turn.text, turn.day) }
        val known = answer.memories.map { Source(it.memory.id, it.memory.text, it.memory.day) }
        val sources = said.ifEmpty { known.ifEmpty { answer.turns.map { Source(null, it.turn.text, it.turn.day) } } }
        return Answer(answer.text, sources.take(SOURCES))
    }

    override fun memories(includePast: Boolean): List<Memory> = shown(store.memories(OWNER, includePast = includePast).reversed())

    override fun search(query: String, includePast: Boolean): List<Memory> =
        shown(memory.search(query, OWNER, FOUND, includePast = includePast).map { it.memory })

    override fun story(id: Long): Story? {
        val found = store.memory(OWNER, id, includePast = true) ?: return null
        val changes = memory.history(id, OWNER)
        val replaced = changes.filter { it.memoryId != id }.mapNotNull { it.newMemory }.distinct().filter { it != found.text }
        return Story(shown(listOf(found)).single(), changes.map(::revision), replaced, store.provenance(OWNER, id).map(::turn))
    }

    override fun change(id: Long, text: String) = memory.update(id, text, OWNER)

    override fun forget(ids: Set<Long>): Set<Long> {
        val there = store.memoriesById(OWNER, ids.toList(), includePast = true).map { it.id }
        return if (there.isEmpty()) ids else ids + store.forgetMemories(OWNER, there).memories
    }

    override fun eraseEverything() = memory.reset()

    override fun close() = memory.close()

    // a process that died after its memory had been written, and before it had told so
    private fun before(said: Set<String>, session: String): Outcome {
        val turns = store.lastTurns(OWNER, session, LATELY).filter { it.text in said }
        val taken = store.takenFrom(OWNER, turns.map { it.id }).values.flatten().distinctBy { it.id }
        return if (taken.isEmpty()) Outcome.Nothing else Outcome.Stored(taken.map { Change(ChangeKind.REMEMBERED, it.id, it.text, null) })
    }

    private fun outcome(outcome: Added, messages: List<Message>, session: String): Outcome = when (outcome) {
        is Stored -> Outcome.Stored(outcome.events.map(::change))
        is Empty -> before(messages.mapTo(HashSet()) { it.text }, session)
        is Failed -> Outcome.WordsOnly(outcome.reason)
    }

    private fun shown(memories: List<StoredMemory>): List<Memory> {
        val turns = store.turnsBehind(OWNER, memories.map { it.id })
        return memories.map { Memory(it.id, it.text, it.day, speaker(it, turns[it.id].orEmpty()), it.isPast) }
    }

    // an exchange of two people stands whole behind its memories: his turn who said most of the words
    private fun speaker(memory: StoredMemory, turns: List<StoredTurn>): String {
        val words = contentWords(memory.text)
        return turns.maxByOrNull { turn -> contentWords(turn.text).count(words::contains) }?.speaker.orEmpty()
    }

    private fun change(applied: Applied): Change {
        val kind = when (applied.event) {
            "ADD" -> ChangeKind.REMEMBERED
            "UPDATE" -> ChangeKind.CHANGED
            "DELETE" -> ChangeKind.FORGOTTEN
            else -> ChangeKind.KNOWN
        }
        return Change(kind, applied.id, applied.memory, applied.previousMemory)
    }

    private fun revision(row: HistoryRow) = Revision(row.event, row.oldMemory, row.newMemory, row.createdAt)

    private fun turn(turn: StoredTurn) = Turn(turn.speaker, turn.text, turn.day)
}
