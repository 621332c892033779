package org.memlora.memory

import org.memlora.memory.rules.isPlainStatement
import org.memlora.memory.rules.ownWords
import org.memlora.memory.rules.standsAlone
import org.memlora.memory.rules.thirdPerson
import org.memlora.memory.rules.withoutNotes
import org.memlora.operations.Generator
import org.memlora.operations.Message
import org.memlora.operations.SELECT
import org.memlora.operations.SelectInput
import org.memlora.operations.numbered
import org.memlora.progress.Cancellation
import org.memlora.progress.Progress
import org.memlora.text.sentences
import org.memlora.text.splitAtBlanks
import java.time.LocalDate

private const val TOGETHER = 4 // sentences in a memory, so that a long letter does not become one

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
