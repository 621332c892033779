package org.memlora.app.screens

import android.app.Activity
import android.app.AlertDialog
import android.os.Bundle
import android.widget.Toast
import org.memlora.app.R

/**
 * The one dialog of an activity, with what was typed into it: after a rotation or a death it is there again.
 *
 * A dialog is made by the maker of its name, from a bundle that says what it is about.
 */
class Dialogs {
    private val makers = HashMap<String, (Bundle) -> AlertDialog>()
    private var shown: Shown? = null

    private class Shown(val name: String, val about: Bundle, val dialog: AlertDialog)

    /** How the dialogs called [name] are made; they are not shown yet. */
    fun make(name: String, maker: (Bundle) -> AlertDialog) {
        makers[name] = maker
    }

    /** Shows a dialog in the place of the one before. */
    fun open(name: String, about: Bundle = Bundle()) {
        close()
        val dialog = makers.getValue(name)(about)
        shown = Shown(name, about, dialog)
        // one that made place for another is gone later than that one came
        dialog.setOnDismissListener { if (shown?.dialog === it) shown = null }
        dialog.show()
    }

    /** The activity's state is kept. */
    fun save(state: Bundle) {
        val open = shown ?: return
        state.putString(NAME, open.name)
        state.putBundle(ABOUT, open.about)
        state.putBundle(TYPED, open.dialog.onSaveInstanceState())
    }

    /** An activity with the same makers began again. */
    fun restore(state: Bundle) {
        val name = state.getString(NAME) ?: return
        open(name, checkNotNull(state.getBundle(ABOUT)))
        state.getBundle(TYPED)?.let { shown?.dialog?.onRestoreInstanceState(it) }
    }

    /** The activity goes. */
    fun close() {
        val dialog = shown?.dialog
        shown = null
        dialog?.dismiss()
    }

    private companion object {
        const val NAME = "dialog"
        const val ABOUT = "dialog.about"
        const val TYPED = "dialog.typed"
    }
}

/** Says what came of a dialog: [failure], or that it is done. */
fun Activity.tell(failure: String?) = Toast.makeText(this, failure ?: getString(R.string.done), Toast.LENGTH_LONG).show()

/** A builder of dialogs that can be left as things are. */
fun Activity.dialog(title: Int): AlertDialog.Builder = AlertDialog.Builder(this).setTitle(title).setNegativeButton(R.string.cancel, null)
