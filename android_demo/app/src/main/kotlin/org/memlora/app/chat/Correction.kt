package org.memlora.app.chat

import android.app.Activity
import android.app.AlertDialog
import android.os.Bundle
import android.view.LayoutInflater
import android.widget.EditText
import org.memlora.app.R
import org.memlora.app.screens.dialog
import org.memlora.app.screens.Dialogs
import org.memlora.app.screens.part
import org.memlora.app.screens.tell

/** What `not right` opens: which memory, then other words for it or forgetting it. */
class Correction(private val activity: Activity, private val dialogs: Dialogs, private val talk: Conversation) {
    init {
        dialogs.make(WHICH, ::which)
        dialogs.make(HOW, ::how)
    }

    /** Asks which of the memories behind [line] is meant; a single one is meant by itself. */
    fun open(line: Line.Answered) {
        val notes = line.notes.filter { it.memory != null }
        val about = Bundle()
        about.putBoolean(IS_CHOICE, line.isChoice)
        about.putLongArray(MEMORIES, notes.map { checkNotNull(it.memory) }.toLongArray())
        about.putStringArray(TEXTS, notes.map { it.text }.toTypedArray())
        if (notes.size == 1) choose(about, 0) else dialogs.open(WHICH, about)
    }

    private fun choose(about: Bundle, at: Int) {
        val one = Bundle()
        one.putLong(MEMORY, checkNotNull(about.getLongArray(MEMORIES))[at])
        one.putString(TEXT, checkNotNull(about.getStringArray(TEXTS))[at])
        dialogs.open(HOW, one)
    }

    private fun which(about: Bundle): AlertDialog =
        activity.dialog(if (about.getBoolean(IS_CHOICE)) R.string.which_to_forget else R.string.which_is_wrong)
            .setItems(about.getStringArray(TEXTS)) { _, at -> choose(about, at) }
            .create()

    private fun how(about: Bundle): AlertDialog {
        val memory = about.getLong(MEMORY)
        val view = LayoutInflater.from(activity).inflate(R.layout.correction, null)
        val field = view.part<EditText>(R.id.correction_text)
        field.setText(about.getString(TEXT))
        return activity.dialog(R.string.correct)
            .setView(view)
            .setPositiveButton(R.string.save) { _, _ -> talk.correct(memory, field.text.toString(), activity::tell) }
            .setNeutralButton(R.string.forget) { _, _ -> talk.forget(memory, activity::tell) }
            .create()
    }

    private companion object {
        const val WHICH = "which memory"
        const val HOW = "how is it right"
        const val IS_CHOICE = "choice"
        const val MEMORIES = "memories"
        const val TEXTS = "texts"
        const val MEMORY = "memory"
        const val TEXT = "text"
    }
}
