package org.memlora.memory

import org.memlora.operations.EXTRACT
import org.memlora.operations.ExtractInput
import org.memlora.operations.Generator
import org.memlora.operations.Message
import org.memlora.progress.Cancellation
import org.memlora.progress.Progress
import org.memlora.text.days.annotate
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
