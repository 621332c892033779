package org.memlora.dialogues

import org.memlora.errors.ConfigException
import org.memlora.text.stripBlanks
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import java.nio.charset.CodingErrorAction
import java.util.Locale

private const val LINE_FEED = '\n'.code.toByte()

/** A line's text without what only directs how it is drawn, and where it stands. */
internal class Line(val place: String, val text: String)

/** The lines of [bytes] that hold more than blanks; throws [ConfigException] where they are no UTF-8. */
internal fun linesOf(bytes: ByteArray, id: String): List<Line> {
    val lines = ArrayList<Line>()
    var from = 0
    var number = 0
    while (from < bytes.size) {
        var end = from
        while (end < bytes.size && bytes[end] != LINE_FEED) end++
        val place = "$id:${++number}"
        val text = decoded(ByteBuffer.wrap(bytes, from, end - from), place)
        val plain = text.removeSuffix("\r").trim { it in MARKS || it == ' ' || it == '\t' }
        if (stripBlanks(text).isNotEmpty() && plain.isNotEmpty()) lines += Line(place, plain)
        from = end + 1
    }
    return lines
}

private fun decoded(bytes: ByteBuffer, place: String): String =
    try {
        Charsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT).decode(bytes).toString()
    } catch (e: CharacterCodingException) {
        val wrong = String.format(Locale.ROOT, "0x%02x", bytes.get(bytes.position()))
        throw ConfigException("$place: expected UTF-8 text, got byte $wrong; save it as UTF-8", e)
    }
