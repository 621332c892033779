package org.memlora.app.imports

import org.memlora.app.assistant.Turn
import org.memlora.dialogues.Dialogue
import org.memlora.dialogues.importChat
import org.memlora.errors.ConfigException
import java.security.MessageDigest
import java.time.LocalDate

private const val TURNS_PER_EXCHANGE = 2
private val ZIP = byteArrayOf('P'.code.toByte(), 'K'.code.toByte(), 3, 4)

/** One who speaks in a chat, and in how many messages. */
data class Speaker(val name: String, val messages: Int)

/** What a chat holds where its dates are read with the day first, the month first, or (null) as they say themselves. */
data class Reading(val dayFirst: Boolean?, val speakers: List<Speaker>, val first: LocalDate?, val last: LocalDate?) {
    val messages: Int get() = speakers.sumOf { it.messages }
}

/**
 * A chat before it is remembered; more than one of [readings] where its dates have two meanings.
 *
 * [start] tells chats of one name apart, as phones give one name to all that they export: the sha256 of the first message.
 */
class Preview(val name: String, val bytes: ByteArray, val readings: List<Reading>, val start: String)

/** Reads the chat in [bytes] of a file called [name]; throws [ConfigException] for what is none. */
internal fun preview(name: String, bytes: ByteArray): Preview {
    if (bytes.size >= ZIP.size && ZIP.indices.all { bytes[it] == ZIP[it] }) {
        throw ConfigException("cannot read $name: expected a text file, got a zip; unpack it and choose the text in it")
    }
    val dialogues = try {
        listOf(null to importChat(bytes, name, null))
    } catch (refused: ConfigException) {
        // dates of two meanings are the one thing that a person can settle; anything else is refused both ways
        listOf(true, false).mapNotNull { dayFirst ->
            runCatching { dayFirst to importChat(bytes, name, dayFirst) }.getOrNull()
        }.ifEmpty { throw refused }
    }
    val first = dialogues.first().second.turns.first()
    val start = MessageDigest.getInstance("SHA-256").digest("${first.speaker}\n${first.text}".encodeToByteArray()).toHexString()
    return Preview(name, bytes, dialogues.map { (dayFirst, dialogue) -> reading(dialogue, dayFirst) }, start)
}

/** Two turns in a row of one session, one where their number is odd; [place] tells where in the session. */
internal class Exchange(val turns: List<Turn>, val place: String)

/** The exchanges of a chat as core's `ingest` pairs them; who is [me] has no name, like all that the phone's owner says. */
internal fun exchanges(dialogue: Dialogue, me: String): List<Exchange> = dialogue.sessions.flatMap { session ->
    val turns = session.turns.map { Turn(if (it.speaker == me) "" else it.speaker, it.text, session.date) }
    turns.chunked(TURNS_PER_EXCHANGE).mapIndexed { at, said -> Exchange(said, "${at * TURNS_PER_EXCHANGE}") }
}

private fun reading(dialogue: Dialogue, dayFirst: Boolean?): Reading {
    val messages = dialogue.turns.groupingBy { it.speaker }.eachCount()
    val days = dialogue.sessions.mapNotNull { it.date }
    return Reading(dayFirst, dialogue.speakers.map { Speaker(it, messages.getValue(it)) }, days.minOrNull(), days.maxOrNull())
}
