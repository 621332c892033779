package org.memlora.app.chat

import android.content.res.Resources
import org.memlora.app.R
import org.memlora.app.screens.format
import java.time.LocalDate

/** What a chat is called in the memory. */
internal fun session(chat: Long) = "chat $chat"

private const val TITLE_LETTERS = 60

/** A chat: the day on which it began, and the first [words] of it that are not forgotten. */
data class Chat(val id: Long, val day: LocalDate, val words: String, val isEmpty: Boolean) {
    /** What it is called: its first words, else its day. */
    fun title(resources: Resources): String = when {
        isEmpty -> resources.getString(R.string.new_chat)
        words.isEmpty() -> format(day, resources.configuration.locales[0])
        else -> words.lineSequence().first().take(TITLE_LETTERS)
    }
}
