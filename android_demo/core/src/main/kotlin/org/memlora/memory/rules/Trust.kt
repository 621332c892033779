package org.memlora.memory.rules

import org.memlora.operations.Message
import org.memlora.store.Source
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.lower
import org.memlora.text.pattern
import org.memlora.text.splitAtBlanks
import org.memlora.text.stripBlanks

private val QUOTED_LINE = pattern("^[ \\t]*(?:>|\\|)")
private val FORWARDED =
    pattern(
        "^[ \\t]*(?:-{2}.*(?:forwarded|original) message.*|begin forwarded message.*|(?:fwd?|forwarded)\\b.*:.*|" +
            "(?:from|von): .*@.*|on .{4,60} wrote:|\\[forwarded\\].*|this is what .{1,40} (?:wrote|sent).*:|" +
            ".{0,40}\\b(?:wrote|writes|says|said|sent|texted|emailed|messaged)(?: (?:me|us))?:|```.*)$",
        IGNORECASE,
    )
private val QUOTATION = pattern("\"[^\"\\n]*\"|\\u201c[^\\u201c\\u201d\\n]*\\u201d|\\u00ab[^\\u00ab\\u00bb\\n]*\\u00bb|`[^`\\n]*`")
private val LINE_END = pattern("[\\n\\r\\u2028\\u2029]+")

/** A part of an exchange: whose word it is, and its content words. */
public class Said(
    public val source: Source,
    public val words: Set<String>,
)

/**
 * Whose word a message is: the store's owner's (`USER`), the assistant's, someone else's, or an imported text's.
 *
 * [owner] is the name of the store's user (empty: unknown). A named speaker with the assistant's role is a person.
 */
public fun sourceOf(
    role: String,
    speaker: String,
    owner: String,
    isImported: Boolean = false,
): Source =
    when {
        isImported -> Source.IMPORTED
        role == "assistant" -> if (speaker.isEmpty()) Source.ASSISTANT else Source.OTHER
        owner.isNotEmpty() && speaker.isNotEmpty() && lower(speaker) != lower(owner) -> Source.OTHER
        else -> Source.USER
    }

/** [text] without quoted lines, quotations, and everything below a line that forwards or cites a message. */
public fun ownWords(text: String): String =
    LINE_END
        .split(text)
        .takeWhile { !FORWARDED.matchesAt(it, 0) }
        .filterNot { QUOTED_LINE.matchesAt(it, 0) }
        .map { splitAtBlanks(QUOTATION.replace(it, " ")).joinToString(" ") }
        .filter { it.isNotEmpty() }
        .joinToString("\n")

/** The messages' own words with their source; what a message quotes or forwards is someone else's word. */
public fun partsSaid(
    messages: List<Message>,
    isImported: Boolean = false,
): List<Said> =
    messages.flatMap { message ->
        val source = sourceOf(message.role, message.speaker, "", isImported)
        val own = ownWords(message.text)
        val quotes = source == Source.USER && own != stripBlanks(message.text)
        listOf(Said(source, contentWords(own))) + if (quotes) listOf(Said(Source.OTHER, contentWords(message.text))) else emptyList()
    }

/** Whose word a fact is: the part's that holds most of its words; the user's where he said as many himself. */
public fun factSource(
    fact: String,
    said: List<Said>,
): Source {
    val words = contentWords(fact)
    val order = compareBy<Said>({ it.words.count(words::contains) }, { it.source == Source.USER }, { it.source.words })
    return said.maxWithOrNull(order)?.source ?: Source.OTHER
}

/** The user may change everything; others only what is of the same source, never a user's or an unknown one's. */
public fun mayChange(
    new: Source,
    old: Source?,
): Boolean = new == Source.USER || (old != null && new == old)

/** Whose word a memory of [old] is when [new] says it too: the user's where he does, else whose it was. */
internal fun raisedSource(
    old: Source?,
    new: Source,
): Source? = if (new == Source.USER) new else old

/** Whose word [memory] of [old] is after [facts]: those of them that say all that it says may raise it. */
internal fun sourceAfter(
    memory: String,
    old: Source?,
    facts: List<String>,
    said: List<Said>,
): Source? = facts.filter { says(it, memory) }.fold(old) { source, fact -> raisedSource(source, factSource(fact, said)) }
