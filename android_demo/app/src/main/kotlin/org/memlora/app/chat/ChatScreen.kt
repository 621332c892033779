package org.memlora.app.chat

import android.app.Activity
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.ListView
import android.widget.TextView
import org.memlora.app.assistant.Host
import org.memlora.app.R
import org.memlora.app.imports.ChatImports
import org.memlora.app.screens.addText
import org.memlora.app.screens.Dialogs
import org.memlora.app.screens.isolated
import org.memlora.app.screens.Notice
import org.memlora.app.screens.part
import org.memlora.app.screens.Rows
import org.memlora.app.screens.Screen

/** What was said and answered, and a field to say more. */
class ChatScreen(
    activity: Activity,
    parent: ViewGroup,
    private val talk: Conversation,
    private val imports: ChatImports,
    private val host: Host,
    dialogs: Dialogs,
    toBundle: () -> Unit,
) : Screen {
    override val view: View = LayoutInflater.from(activity).inflate(R.layout.chat, parent, false)

    private val input = view.part<EditText>(R.id.chat_input)
    private val send = view.part<View>(R.id.chat_send)
    private val stop = view.part<View>(R.id.chat_stop)
    private val empty = view.part<View>(R.id.chat_empty)
    private val notice = Notice(view, host, toBundle)
    private val title = view.part<TextView>(R.id.chat_title)
    private val menu = ChatsMenu(activity, dialogs, talk)
    private val correction = Correction(activity, dialogs, talk)
    private val rows = Rows<Line>(
        listOf(R.layout.chat_said, R.layout.chat_answer),
        kind = { if (it is Line.Answered) 1 else 0 },
        id = { it.id },
        bind = ::bind,
    )
    private val watched = mutableListOf<AutoCloseable>()

    init {
        view.part<ListView>(R.id.chat_lines).adapter = rows
        send.setOnClickListener {
            talk.submit(input.text.toString())
            if (talk.isBusy.value) input.text.clear()
        }
        stop.setOnClickListener { talk.stop() }
        title.setOnClickListener { menu.open() }
        view.part<View>(R.id.chat_new).setOnClickListener { talk.record.begin() }
    }

    override fun show() {
        watched += talk.lines.watch { lines ->
            rows.show(lines)
            empty.visibility = if (lines.isEmpty()) View.VISIBLE else View.GONE
        }
        watched += talk.record.all.watch { chats ->
            title.text = chats.find { it.id == talk.record.shown }?.title(view.resources)
        }
        watched += talk.isBusy.watch { isBusy ->
            send.visibility = if (isBusy) View.GONE else View.VISIBLE
            stop.visibility = if (isBusy) View.VISIBLE else View.GONE
        }
        watched += host.state.watch(notice::show)
    }

    override fun hide() {
        watched.forEach { it.close() }
        watched.clear()
    }

    private fun bind(row: View, line: Line) {
        val text = row.part<TextView>(R.id.line_text)
        val notes = row.part<ViewGroup>(R.id.line_notes)
        notes.removeAllViews()
        val resources = row.resources
        when (line) {
            is Line.Said -> {
                text.text = words(line, line.progress)
                text.contentDescription = resources.getString(R.string.you_said, text.text)
                line.notes.forEach { notes.addText(R.layout.note, it.sentence(resources), it.colour) }
                progress(row, line.progress)
                val isOpen = line.progress is Progress.Failed || line.progress == Progress.Interrupted || line.progress == Progress.Stopped
                action(row, R.string.try_again, isOpen) { talk.retry(line) }
            }

            is Line.Imported -> bind(row, line, text, notes)

            is Line.Answered -> {
                text.text = if (line.isChoice) resources.getString(choice(line)) else words(line, line.progress)
                text.contentDescription = resources.getString(R.string.answer_is, text.text)
                line.notes.forEach { notes.addText(R.layout.note, if (line.isChoice) it.text else it.sentence(resources), it.colour) }
                progress(row, line.progress)
                val label = if (line.isChoice) R.string.choose else R.string.not_right
                action(row, label, line.notes.any { it.memory != null }) { correction.open(line) }
            }
        }
    }

    private fun bind(row: View, line: Line.Imported, text: TextView, notes: ViewGroup) {
        val resources = row.resources
        text.text = resources.getString(R.string.imported_chat, isolated(line.text))
        text.contentDescription = text.text
        line.told(resources).forEach { notes.addText(R.layout.note, it) }
        line.notes.takeLast(NEWEST).forEach { notes.addText(R.layout.note, it.sentence(resources), it.colour) }
        progress(row, line.progress)
        val isOpen = line.progress != Progress.Done && line.progress != Progress.Waiting
        if (line.progress == Progress.Working) action(row, R.string.chat_stop, true, imports::stop)
        else action(row, R.string.try_again, isOpen) { imports.retry(line.id) }
    }

    private fun choice(line: Line.Answered) = when {
        line.progress == Progress.Erased -> R.string.erased
        line.notes.isEmpty() -> R.string.nothing_like_that
        else -> R.string.which_to_forget
    }

    private fun words(line: Line, progress: Progress): CharSequence = when {
        progress == Progress.Erased -> view.resources.getString(R.string.erased)
        line.text.isEmpty() -> "…"
        else -> line.text
    }

    private fun progress(row: View, progress: Progress) {
        val text = row.part<TextView>(R.id.line_progress)
        val sentence = progress.sentence(row.resources)
        text.text = sentence
        text.visibility = if (sentence == null) View.GONE else View.VISIBLE
    }

    private fun action(row: View, label: Int, isOffered: Boolean, act: () -> Unit) {
        val button = row.part<TextView>(R.id.line_action)
        button.setText(label)
        button.visibility = if (isOffered) View.VISIBLE else View.GONE
        button.setOnClickListener { act() }
    }

    private companion object {
        const val NEWEST = 3 // memories of an import that are shown under it
    }
}
