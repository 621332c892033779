package org.memlora.memory

import org.memlora.errors.ConfigException
import org.memlora.operations.Message
import org.memlora.store.forms.compose
import org.memlora.text.stripBlanks

private val ROLES = listOf("user", "assistant")
private const val REPLACEMENT = '\ufffd'

/**
 * [messages] with their texts whole and speakers without blanks around them.
 *
 * Throws [ConfigException] for none, and for a role other than user or assistant.
 */
internal fun readMessages(messages: List<Message>): List<Message> {
    if (messages.isEmpty()) {
        throw ConfigException("nothing to add: expected one message or more, got none; give what was said")
    }
    return messages.map { message ->
        if (message.role !in ROLES) {
            throw ConfigException("wrong message: expected the role user or assistant, got '${message.role}'; mend it")
        }
        Message(message.role, stripBlanks(wholeText(message.speaker)), wholeText(message.text))
    }
}

/** [text] in one spelling (normal form C), each half of a surrogate pair replaced, so that UTF-8 can hold it. */
internal fun wholeText(text: String): String {
    if (text.none(Char::isSurrogate)) return compose(text)
    val whole = StringBuilder(text.length)
    var place = 0
    while (place < text.length) {
        val letter = text.codePointAt(place)
        place += Character.charCount(letter)
        if (letter in Char.MIN_SURROGATE.code..Char.MAX_SURROGATE.code) whole.append(REPLACEMENT) else whole.appendCodePoint(letter)
    }
    return compose(whole.toString())
}
