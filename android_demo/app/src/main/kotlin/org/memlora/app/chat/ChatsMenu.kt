package org.memlora.app.chat

import android.app.Activity
import android.app.AlertDialog
import android.os.Bundle
import java.text.NumberFormat
import org.memlora.app.R
import org.memlora.app.screens.dialog
import org.memlora.app.screens.Dialogs
import org.memlora.app.screens.format
import org.memlora.app.screens.tell

/** The chats to choose from, beginning one, and deleting the one that is shown. */
class ChatsMenu(private val activity: Activity, private val dialogs: Dialogs, private val talk: Conversation) {
    private val record = talk.record

    init {
        dialogs.make(ALL) { all() }
        dialogs.make(DELETE, ::whether)
    }

    fun open() = dialogs.open(ALL)

    private fun all(): AlertDialog {
        val chats = record.all.value
        val resources = activity.resources
        val titles = chats.map { "${it.title(resources)}\n${format(it.day, resources.configuration.locales[0])}" }
        return activity.dialog(R.string.chats)
            .setItems(titles.toTypedArray()) { _, at -> record.open(chats[at].id) }
            .setPositiveButton(R.string.new_chat) { _, _ -> record.begin() }
            .setNeutralButton(R.string.delete_chat) { _, _ -> dialogs.open(DELETE, Bundle().apply { putLong(CHAT, record.shown) }) }
            .create()
    }

    private fun whether(about: Bundle): AlertDialog {
        val chat = about.getLong(CHAT)
        val memories = record.memories(chat).size
        val builder = activity.dialog(R.string.delete_chat)
        if (memories == 0) {
            return builder.setMessage(R.string.delete_chat_plain).setPositiveButton(R.string.delete) { _, _ -> delete(chat, false) }.create()
        }
        val count = NumberFormat.getIntegerInstance(activity.resources.configuration.locales[0]).format(memories)
        return builder
            .setMessage(activity.getString(R.string.delete_chat_meaning, count))
            .setPositiveButton(R.string.forget_them) { _, _ -> delete(chat, true) }
            .setNeutralButton(R.string.keep_them) { _, _ -> delete(chat, false) }
            .create()
    }

    private fun delete(chat: Long, withMemories: Boolean) = talk.delete(chat, withMemories, activity::tell)

    private companion object {
        const val ALL = "chats"
        const val DELETE = "delete a chat"
        const val CHAT = "chat"
    }
}
