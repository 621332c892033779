package org.memlora.memory

import org.memlora.memory.rules.groundedSentence
import org.memlora.memory.rules.thirdPerson
import org.memlora.memory.rules.ungrounded
import org.memlora.operations.Message
import org.memlora.text.days.annotate
import org.memlora.text.sentences
import org.memlora.text.splitAtBlanks
import java.time.LocalDate

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
