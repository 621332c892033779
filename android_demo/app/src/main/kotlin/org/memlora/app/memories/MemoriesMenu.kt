package org.memlora.app.memories

import android.app.Activity
import android.app.AlertDialog
import android.content.Intent
import android.net.Uri
import android.view.View
import android.widget.PopupMenu
import org.memlora.app.R
import org.memlora.app.screens.dialog
import org.memlora.app.screens.Dialogs
import org.memlora.app.screens.tell
import org.memlora.errors.ConfigException

/** Taking everything along, bringing a chat in, and erasing everything. */
class MemoriesMenu(private val activity: Activity, private val dialogs: Dialogs, private val shelf: Shelf) {
    init {
        dialogs.make(ERASE) { askWhether() }
    }

    fun open(anchor: View) {
        val menu = PopupMenu(activity, anchor)
        menu.menu.add(0, R.id.memories_export, 0, R.string.export).setOnMenuItemClickListener { askWhere() }
        menu.menu.add(0, R.id.memories_import, 1, R.string.import_chat).setOnMenuItemClickListener { askWhich() }
        menu.menu.add(0, R.id.memories_erase, 2, R.string.erase_everything).setOnMenuItemClickListener { erase() }
        menu.show()
    }

    /** The system's file picker chose [file]. */
    fun exportTo(file: Uri) {
        val resolver = activity.contentResolver
        shelf.export({ resolver.openOutputStream(file, "wt") ?: throw ConfigException("cannot write the file: choose another place") }, activity::tell)
    }

    private fun askWhere(): Boolean {
        val intent = Intent(Intent.ACTION_CREATE_DOCUMENT)
            .addCategory(Intent.CATEGORY_OPENABLE)
            .setType("application/json")
            .putExtra(Intent.EXTRA_TITLE, "memories.json")
        return ask(intent, EXPORT)
    }

    // of any kind: some pickers take a chat program's text for something else
    private fun askWhich(): Boolean = ask(Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("*/*"), IMPORT)

    private fun ask(intent: Intent, request: Int): Boolean {
        @Suppress("DEPRECATION") // its successor is no part of the framework
        activity.startActivityForResult(intent, request)
        return true
    }

    private fun erase(): Boolean {
        dialogs.open(ERASE)
        return true
    }

    private fun askWhether(): AlertDialog = activity.dialog(R.string.erase_everything)
        .setMessage(R.string.erase_everything_meaning)
        .setPositiveButton(R.string.erase) { _, _ -> shelf.eraseEverything(activity::tell) }
        .create()

    companion object {
        /** The requests by which the file picker's answers are known. */
        const val EXPORT: Int = 1
        const val IMPORT: Int = 5

        private const val ERASE = "erase everything"
    }
}
