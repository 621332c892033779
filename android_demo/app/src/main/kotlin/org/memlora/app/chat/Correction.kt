package org.memlora.app.chat

import android.app.Activity
import android.app.AlertDialog
import android.widget.EditText
import android.widget.Toast
import org.memlora.app.R

/** What `not right` opens: which memory, then other words for it or forgetting it. */
class Correction(private val activity: Activity, private val talk: Conversation) {
    /** Asks which of the memories behind [line] is meant; a single one is meant by itself. */
    fun open(line: Line.Answered) {
        val notes = line.notes.filter { it.memory != null }
        if (notes.size == 1) {
            ask(notes.single())
            return
        }
        AlertDialog.Builder(activity)
            .setTitle(if (line.isChoice) R.string.which_to_forget else R.string.which_is_wrong)
            .setItems(notes.map { it.text }.toTypedArray()) { _, which -> ask(notes[which]) }
            .setNegativeButton(R.string.cancel, null)
            .show()
    }

    private fun ask(note: Note) {
        val memory = checkNotNull(note.memory)
        val field = EditText(activity).apply {
            setText(note.text)
            contentDescription = activity.getString(R.string.memory_text)
        }
        AlertDialog.Builder(activity)
            .setTitle(R.string.correct)
            .setView(field)
            .setPositiveButton(R.string.save) { _, _ -> talk.correct(memory, field.text.toString(), ::tell) }
            .setNeutralButton(R.string.forget) { _, _ -> talk.forget(memory, ::tell) }
            .setNegativeButton(R.string.cancel, null)
            .show()
    }

    private fun tell(failure: String?) {
        Toast.makeText(activity, failure ?: activity.getString(R.string.done), Toast.LENGTH_LONG).show()
    }
}
