package org.memlora.memory

import org.memlora.memory.rules.groundedSentence
import org.memlora.memory.rules.isPlainStatement
import org.memlora.memory.rules.ownWords
import org.memlora.memory.rules.standsAlone
import org.memlora.memory.rules.thirdPerson
import org.memlora.memory.rules.ungrounded
import org.memlora.memory.rules.withoutNotes
import org.memlora.operations.EXTRACT
import org.memlora.operations.ExtractInput
import org.memlora.operations.Generator
import org.memlora.operations.Message
import org.memlora.operations.SELECT
import org.memlora.operations.SelectInput
import org.memlora.operations.numbered
import org.memlora.progress.Cancellation
import org.memlora.progress.Progress
import org.memlora.text.days.annotate
import org.memlora.text.sentences
import org.memlora.text.splitAtBlanks
import java.time.LocalDate

private const val TOGETHER = 4 // sentences in a memory, so that a long letter does not become one

/**
 * Facts of all pieces in order, without repetitions, relative dates annotated, each held to what its piece says.
 *
 * The last fact of an answer that was ended by its limit is dropped: it may be torn, and the raw turn is kept anyway.
 * Throws what [generator] throws.
 */
internal fun extractFacts(
    generator: Generator,
    messages: List<Message>,
    day: LocalDate?,
    cancellation: Cancellation?,
    progress: Progress,
): Guarded {
    val facts = LinkedHashSet<String>()
    val refused = ArrayList<String>()
    for (piece in pieces(generator, EXTRACT, ExtractInput(messages, day), extractShape, progress)) {
        val generated = generator.run(EXTRACT, piece, cancellation)
        val found = if (generated.isCut) generated.value.dropLast(1) else generated.value
        val told = found.map { annotate(splitAtBlanks(it).joinToString(" "), day) }.filter { it.isNotEmpty() }.distinct()
        val guarded = guard(told, piece.messages, day)
        facts += guarded.facts
        refused += guarded.refused
    }
    return Guarded(facts.toList(), refused)
}

/** What may be stored, and the facts that were refused. */
internal data class Guarded(
    val facts: List<String>,
    val refused: List<String>,
)

/**
 * [facts] in order, each that is not grounded in [messages] replaced by the sentence that shares most of its words.
 *
 * Grounded: its content words, names, numbers and dates stand in what was said or name a speaker.
 */
internal fun guard(
    facts: List<String>,
    messages: List<Message>,
    day: LocalDate?,
): Guarded {
    val said = messages.map { annotate(it.text, day) }
    val speakers = messages.map { it.speaker }.filter { it.isNotEmpty() }
    val own = LinkedHashMap<String, String>()
    for ((message, text) in messages.zip(said)) {
        if (message.role != "user" && message.speaker.isEmpty()) continue
        for (sentence in sentences(text)) own[splitAtBlanks(sentence).joinToString(" ")] = message.speaker
    }
    val kept = LinkedHashSet<String>()
    val refused = ArrayList<String>()
    for (fact in facts) {
        if (ungrounded(fact, said, speakers).isEmpty()) {
            kept += fact
            continue
        }
        refused += fact
        val sentence = groundedSentence(fact, own.keys.toList())
        if (sentence.isNotEmpty()) kept += thirdPerson(sentence, own.getValue(sentence))
    }
    return Guarded(kept.toList(), refused)
}

/**
 * The sentences that the expert marks and the plain statements, in order, with dates noted, of the third person.
 *
 * Kept sentences of one message stand together; a single one that says too little by itself is left to its turn. What a
 * message quotes or forwards holds no plain statement of its speaker. [before] are the turns said just before. What an assistant without a name says is nobody's fact and stays out. Throws
 * what [generator] throws.
 */
internal fun selectFacts(
    generator: Generator,
    messages: List<Message>,
    day: LocalDate?,
    before: List<Message>,
    cancellation: Cancellation?,
    progress: Progress,
): List<String> {
    val facts = LinkedHashSet<String>()
    var given = SelectInput(messages, day, before)
    while (given.before.isNotEmpty() && !generator.fits(SELECT, given)) given = given.copy(before = given.before.drop(1))
    val own = messages.flatMapTo(HashSet()) { message -> sentences(ownWords(message.text)).map(::joined) }
    for (piece in pieces(generator, SELECT, given, selectShape, progress)) {
        val marked = generator.run(SELECT, piece, cancellation).value.toSet()
        val told = LinkedHashMap<Int, MutableList<String>>()
        numbered(piece).forEachIndexed { place, sentence ->
            if (place + 1 in marked || isPlain(sentence.text, own)) told.getOrPut(sentence.message, ::ArrayList) += sentence.text
        }
        for ((place, kept) in told) {
            val message = piece.messages[place]
            if (message.role != "user" && message.speaker.isEmpty()) continue
            val inThird = kept.map { thirdPerson(it, message.speaker) }.filter { it.isNotEmpty() }
            if (inThird.size == 1 && !standsAlone(inThird[0]) && !isPlain(kept[0], own)) continue
            facts += inThird.chunked(TOGETHER).map { it.joinToString(" ") }
        }
    }
    return facts.toList()
}

private fun joined(text: String): String = splitAtBlanks(text).joinToString(" ")

private fun isPlain(
    sentence: String,
    own: Set<String>,
): Boolean = isPlainStatement(sentence) && withoutNotes(sentence) in own
