package org.memlora.dialogues

import org.memlora.errors.ConfigException
import org.memlora.store.forms.compose
import org.memlora.text.PatternFlag
import org.memlora.text.pattern
import org.memlora.text.splitAtBlanks
import org.memlora.text.stripBlanks
import java.time.DateTimeException

private val TURN = pattern("([^\\s:][^:]{0,39}?)\\s*:(?:\\s+(.*)|)")
private val CLOSE = pattern("([^\\W\\d][^:\\s]{0,39}):(?!//)(\\S.*)") // no blank behind the colon
private val HEADING = pattern("#+\\s+(.*)|-{2,}\\s*(.*?)\\s*-*|\\[(.*)\\]")
private val LABEL = pattern("(?:date|day|time|when|session)\\s*:\\s*(.*)", PatternFlag.IGNORECASE)
private val DATE_WORDS =
    pattern(
        "(?=.*\\d)(?=.*[a-z]{3})(?:(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?|(?:jan|febr?)(?:uary)?|mar(?:ch)?|apr(?:il)?|may" +
            "|june?|july?|aug(?:ust)?|sept?(?:ember)?|(?:octo|novem|decem)ber|oct|nov|dec|\\d{1,4}(?:st|nd|rd|th)?|of|the|on|at" +
            "|[ap]m|[,. :()-])+",
        PatternFlag.IGNORECASE,
    )
private const val DATE_LETTERS = 400 // more words are no date, and Java's patterns recurse over each
private const val SHOWN = 40

/** One message, or ([name] null) the program's own line; [text] grows by the lines that follow. */
private class Spoken(val name: String?, var text: String)

/** What was said under one stamp (null: before the first). */
private class Piece(val stamp: Stamp?, val spoken: MutableList<Spoken> = ArrayList())

/**
 * One dialogue from the [bytes] of a text file called [id]: a plain chat, or what a chat program exports.
 *
 * By the first line it is one of two kinds. An export has a day and a clock before each message, as WhatsApp, Signal's
 * exporters and Telegram write them; lines without go on with the message before, lines of the program itself are left
 * out, and each day is a session. In a plain chat a line with a date alone (also as `# ..`, `-- .. --`, `[..]` or
 * `Date: ..`) starts a session, `Name: text` a turn, and a line without a name goes on with the turn before; turns before
 * the first date form a session without one. [dayFirst] decides dates such as 08/06/2023 where the file does not.
 *
 * Throws [ConfigException] for a text that is not UTF-8, no turn in it, text before the first name, a date that cannot be
 * read or has two meanings, or a name that holds a date or a clock.
 */
@JvmOverloads
public fun importChat(bytes: ByteArray, id: String, dayFirst: Boolean? = null): Dialogue {
    val lines = linesOf(bytes, id)
    val isExported =
        try {
            lines.isNotEmpty() && stamped(lines[0]) != null
        } catch (_: ConfigException) {
            true // a stamp that is none: reading it says why
        }
    val pieces = if (isExported) readExport(lines) else readPlain(lines)
    val days = settleDays(pieces.mapNotNull { it.stamp }, dayFirst, id)
    return dialogue(id, if (isExported) joinDays(pieces, days) else setDays(pieces, days))
}

private fun readExport(lines: List<Line>): List<Piece> {
    val pieces = ArrayList<Piece>()
    for (line in lines) {
        val found = stamped(line)
        if (found == null) {
            goOn(pieces.last(), line)
            continue
        }
        val turn = if (found.name == null) TURN.matchEntire(found.rest) else null
        val name = found.name ?: turn?.groupValues?.get(1)
        val text = if (turn == null) found.rest else turn.groupValues[2]
        pieces += Piece(found.stamp, mutableListOf(Spoken(name?.let { named(line.place, it) }, unmarked(text))))
    }
    return pieces
}

private fun readPlain(lines: List<Line>): List<Piece> {
    val pieces = arrayListOf(Piece(null))
    val names = lines.mapNotNullTo(HashSet()) { TURN.matchEntire(it.text)?.groupValues?.get(1) }
    val close = lines.mapNotNull { CLOSE.matchEntire(it.text)?.groupValues?.get(1) }.groupingBy { it }.eachCount()
    names += close.filterValues { it > 1 }.keys
    for (line in lines) {
        val heading = HEADING.matchEntire(line.text)?.groups?.drop(1)?.firstNotNullOf { it }?.value
        if (heading == "") continue
        val stamp = headingStamp(line.place, heading ?: LABEL.matchEntire(line.text)?.groupValues?.get(1) ?: line.text)
        val turn = TURN.matchEntire(line.text)
        val narrow = CLOSE.matchEntire(line.text)?.takeIf { it.groupValues[1] in names }
        when {
            stamp != null -> pieces += Piece(stamp)
            heading != null || isOfDateWords(line.text) -> throw ConfigException(
                "${line.place}: expected a date such as 12 May 2023 in the heading, got ${shown(line.text)}; mend or remove the line",
            )
            stamped(line) != null -> throw ConfigException(
                "${line.place}: expected a plain chat, as it begins, got a date in front of a message (${shown(line.text)}); " +
                    "put one before the first line too, or dates into lines of their own",
            )
            turn != null -> pieces.last().spoken += Spoken(named(line.place, turn.groupValues[1]), unmarked(turn.groupValues[2]))
            narrow != null -> pieces.last().spoken += Spoken(named(line.place, narrow.groupValues[1]), narrow.groupValues[2])
            pieces.last().spoken.isNotEmpty() -> goOn(pieces.last(), line)
            else -> throw ConfigException("${line.place}: expected a date or 'Name: text', got ${shown(line.text)}; put a name in front")
        }
    }
    return pieces
}

private fun isOfDateWords(text: String): Boolean = text.length <= DATE_LETTERS && DATE_WORDS.matches(text)

private fun goOn(piece: Piece, line: Line) {
    val last = piece.spoken.last()
    last.text = stripBlanks("${last.text} ${line.text}")
}

private fun stamped(line: Line): Stamped? {
    val found =
        try {
            readStamped(line.text)
        } catch (e: DateTimeException) {
            throw ConfigException("${line.place}: expected a date and a clock, got ${shown(line.text)} (${e.message}); correct it", e)
        }
    return found?.takeIf { it.rest.isNotEmpty() || it.name != null }
}

private fun headingStamp(place: String, text: String): Stamp? =
    try {
        readStamp(splitAtBlanks(text).joinToString(" "))
    } catch (e: DateTimeException) {
        throw ConfigException("$place: expected a date, got ${shown(text)} (${e.message}); correct it", e)
    }

/** The name without marks, its letters composed; never with a time in it. */
private fun named(place: String, written: String): String {
    val name = compose(splitAtBlanks(written.trim { it in MARKS || it in "~ \u202f\u00a0" }).joinToString(" "))
    if (name.isEmpty() || isLikeAStamp(name)) {
        throw ConfigException(
            "$place: expected 'Name: text', got a date or clock of an unknown form in the name ${shown(name)}; put dates into " +
                "lines of their own, such as 12 May 2023",
        )
    }
    return name
}

private fun unmarked(text: String): String = text.trim { it in MARKS || it == ' ' }

private fun shown(text: String): String = "'${text.take(SHOWN)}'"

private fun setDays(pieces: List<Piece>, days: List<Stamp>): List<Piece> {
    val settled = days.iterator()
    return pieces.map { Piece(if (it.stamp == null) null else settled.next(), it.spoken) }
}

/** One piece a day. */
private fun joinDays(pieces: List<Piece>, days: List<Stamp>): List<Piece> {
    val joined = ArrayList<Piece>()
    for ((piece, stamp) in pieces.zip(days)) {
        if (joined.lastOrNull()?.stamp?.day != stamp.day) joined += Piece(stamp)
        joined.last().spoken += piece.spoken
    }
    return joined
}

private fun dialogue(id: String, pieces: List<Piece>): Dialogue {
    val told = pieces.map { piece -> piece.stamp to piece.spoken.filter { !it.name.isNullOrEmpty() && it.text.isNotEmpty() } }
    val sessions =
        told.filter { (_, spoken) -> spoken.isNotEmpty() }.mapIndexed { number, (stamp, spoken) ->
            val turns = spoken.mapIndexed { place, said -> Turn("s${number + 1}t${place + 1}", said.name.orEmpty(), said.text) }
            Session(stamp?.day, turns, stamp?.clock)
        }
    if (sessions.isEmpty()) throw ConfigException("$id: expected at least one line 'Name: text', got none; check the file")
    return Dialogue(id, sessions.flatMap { it.turns }.map { it.speaker }.distinct(), sessions)
}
