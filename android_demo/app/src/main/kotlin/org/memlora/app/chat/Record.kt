package org.memlora.app.chat

import org.memlora.app.work.Live
import java.time.LocalDate

/** The chats as they are kept, and the one of them that is shown. The main thread's alone. */
class Record(private val chats: Chats, private val today: () -> LocalDate) {
    /** Which chat is shown. */
    var shown: Long
        private set

    /** Its lines, oldest first. */
    val lines: Live<List<Line>> = Live(emptyList())

    /** All chats, the newest first. */
    val all: Live<List<Chat>> = Live(emptyList())

    /** The oldest line that waits to be remembered, of any chat but those of [except]. */
    fun waiting(except: Collection<Long>): Line.Said? = chats.waiting(except)

    init {
        chats.takeUp()
        shown = newest()
        reload()
    }

    fun open(chat: Long) {
        shown = chat
        reload()
    }

    /** Another chat; one in which nothing was said yet is taken again. */
    fun begin() = open(all.value.find { it.isEmpty }?.id ?: chats.begin(today()))

    /** Memories that came of what was told in [chat]. */
    fun memories(chat: Long): Set<Long> = chats.memories(chat)

    fun delete(chat: Long) {
        chats.delete(chat)
        open(if (chat == shown) newest() else shown)
    }

    /** A new line; 0 for a chat that was deleted meanwhile, which takes none. */
    fun add(chat: Long, kind: LineKind, text: String): Long {
        if (all.value.none { it.id == chat }) return 0
        return chats.add(chat, kind, text, today()).also { reload() }
    }

    fun set(line: Long, progress: Progress, text: String? = null) {
        chats.set(line, progress, text)
        reload()
    }

    /** What stands under a line that came to its end. */
    fun end(line: Long, notes: List<Note>, text: String? = null) {
        chats.setNotes(line, notes)
        set(line, Progress.Done, text)
    }

    /** What became of what was told; where it was tried again and gave nothing, the notes of the first time stay. */
    fun note(line: Long, notes: List<Note>) {
        if (notes.none { it.kind == NoteKind.NOTHING } || !chats.hasNotes(line)) chats.setNotes(line, notes)
        reload()
    }

    /** More of what came of a line. */
    fun addNotes(line: Long, notes: List<Note>) {
        chats.addNotes(line, notes)
        reload()
    }

    fun remove(line: Long) {
        chats.remove(line)
        reload()
    }

    /** An answer that grows: only the screen has it. */
    fun show(line: Long, text: String) {
        lines.value = lines.value.map { if (it.id == line && it is Line.Answered) it.copy(text = text) else it }
    }

    /** Memories were forgotten: their words leave every chat. */
    fun erase(memories: Set<Long>) {
        chats.erase(memories)
        reload()
    }

    /** Everything was forgotten. */
    fun eraseAll() {
        chats.eraseAll()
        open(newest())
    }

    private fun newest(): Long = chats.list().firstOrNull()?.id ?: chats.begin(today())

    private fun reload() {
        all.value = chats.list()
        lines.value = chats.lines(shown)
    }
}
