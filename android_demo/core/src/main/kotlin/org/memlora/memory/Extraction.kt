package org.memlora.memory

import org.memlora.memory.rules.groundedSentence
import org.memlora.memory.rules.thirdPerson
import org.memlora.memory.rules.ungrounded
import org.memlora.operations.EXTRACT
import org.memlora.operations.ExtractInput
import org.memlora.operations.Generator
import org.memlora.operations.Message
import org.memlora.progress.Cancellation
import org.memlora.progress.Progress
import org.memlora.text.days.annotate
import org.memlora.text.sentences
import org.memlora.text.splitAtBlanks
import java.time.LocalDate

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
