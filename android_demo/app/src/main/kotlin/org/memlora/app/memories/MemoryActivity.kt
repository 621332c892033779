package org.memlora.app.memories

import android.app.Activity
import android.app.AlertDialog
import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.TextView
import org.memlora.app.assistant.Story
import org.memlora.app.MemloraApp
import org.memlora.app.R
import org.memlora.app.screens.addSection
import org.memlora.app.screens.dialog
import org.memlora.app.screens.Dialogs
import org.memlora.app.screens.format
import org.memlora.app.screens.isolated
import org.memlora.app.screens.keepClearOfBars
import org.memlora.app.screens.part
import java.time.LocalDate

/** One memory: its words to be changed, its history, what it replaced and the turns it came from. */
class MemoryActivity : Activity() {
    private val shelf by lazy { (application as MemloraApp).parts.shelf }
    private val id by lazy { intent.getLongExtra(ID, 0) }
    private val dialogs = Dialogs()
    private var isFilled = false

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.memory)
        part<View>(R.id.root).keepClearOfBars()
        isFilled = state != null // what was typed is kept by the field
        part<View>(R.id.memory_save).setOnClickListener { save() }
        part<View>(R.id.memory_forget).setOnClickListener { dialogs.open(FORGET) }
        dialogs.make(FORGET) { askWhether() }
        load()
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        dialogs.save(state)
    }

    override fun onRestoreInstanceState(state: Bundle) {
        super.onRestoreInstanceState(state)
        dialogs.restore(state)
    }

    override fun onDestroy() {
        super.onDestroy()
        dialogs.close()
    }

    private fun load() = shelf.story(id) { story, failure ->
        when {
            isDestroyed -> Unit
            story == null -> fail(failure ?: getString(R.string.erased))
            else -> show(story)
        }
    }

    private fun show(story: Story) {
        val text = part<EditText>(R.id.memory_text)
        if (!isFilled) text.setText(story.memory.text)
        isFilled = true
        text.isEnabled = !story.memory.isPast
        part<View>(R.id.memory_save).visibility = if (story.memory.isPast) View.GONE else View.VISIBLE
        part<TextView>(R.id.memory_about).text = about(resources, story.memory)
        val sections = part<ViewGroup>(R.id.memory_story)
        sections.removeAllViews()
        sections.addSection(R.string.replaced, story.replaced)
        sections.addSection(R.string.came_from, story.turns.map { turn ->
            val speaker = turn.speaker.ifEmpty { getString(R.string.you) }
            val day = turn.day?.let { sections.format(it) }
            if (day == null) getString(R.string.turn, speaker, isolated(turn.text)) else getString(R.string.turn_on, speaker, isolated(turn.text), day)
        })
        sections.addSection(R.string.history, story.changes.map { change ->
            val before = isolated(change.before ?: getString(R.string.nothing))
            getString(R.string.revision, day(change.at), event(resources, change.event), before, isolated(change.after ?: getString(R.string.nothing)))
        })
    }

    private fun day(moment: String) = format(LocalDate.parse(moment.take(DAY_LETTERS)), resources.configuration.locales[0])

    private fun save() {
        val text = part<EditText>(R.id.memory_text).text.toString()
        shelf.change(id, text) { failure -> if (failure == null) finish() else fail(failure) }
    }

    private fun askWhether(): AlertDialog = dialog(R.string.forget)
        .setMessage(R.string.forget_meaning)
        .setPositiveButton(R.string.forget) { _, _ -> shelf.forget(id) { failure -> if (failure == null) finish() else fail(failure) } }
        .create()

    private fun fail(sentence: String) {
        val view = part<TextView>(R.id.memory_failure)
        view.text = sentence
        view.visibility = View.VISIBLE
    }

    companion object {
        /** The memory's id in the intent, a Long. */
        const val ID: String = "memory"

        private const val FORGET = "forget"
        private const val DAY_LETTERS = 10
    }
}
