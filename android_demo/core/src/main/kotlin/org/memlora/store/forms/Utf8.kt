package org.memlora.store.forms

import org.memlora.errors.ConfigException
import java.nio.ByteBuffer
import java.nio.CharBuffer
import java.nio.charset.CharacterCodingException
import java.nio.charset.CodingErrorAction

private const val SHOWN = 60

/** [text] in UTF-8; raises [ConfigException] for half a surrogate pair, which UTF-8 cannot hold. */
internal fun utf8(text: String): ByteArray {
    val encoder = Charsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPORT)
    try {
        val encoded = encoder.encode(CharBuffer.wrap(text))
        return ByteArray(encoded.remaining()).also { encoded.get(it) }
    } catch (e: CharacterCodingException) {
        val shown = text.take(SHOWN)
        throw ConfigException("wrong text: expected text that UTF-8 can hold, got '$shown'; mend it", e)
    }
}

/** The text of UTF-8 [bytes]; null where they are none. */
internal fun textOf(bytes: ByteArray): String? =
    try {
        Charsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT).decode(ByteBuffer.wrap(bytes)).toString()
    } catch (_: CharacterCodingException) {
        null
    }
