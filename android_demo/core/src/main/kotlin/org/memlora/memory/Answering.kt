package org.memlora.memory

import org.memlora.errors.ConfigException
import org.memlora.memory.photos.Looker
import org.memlora.operations.GENERATE
import org.memlora.operations.GenerateInput
import org.memlora.operations.OnText
import org.memlora.operations.UNANSWERABLE
import org.memlora.operations.UnparsableException
import org.memlora.operations.begun
import org.memlora.progress.Cancellation
import org.memlora.store.Store
import org.memlora.text.days.annotate
import org.memlora.text.splitAtBlanks
import java.time.LocalDate

/** Answers from photos, where a [looker] sees, and from texts; [retrieveK] of them where a question does not say otherwise. */
internal class Answering(
    private val generator: SharedGenerator,
    private val store: Store,
    private val recall: Recall,
    private val looker: Looker?,
    private val retrieveK: Int,
) {
    /** As [Memory.ask]. */
    fun answer(
        question: String,
        userId: String,
        limit: Int?,
        askedOn: LocalDate?,
        asker: String,
        cancellation: Cancellation?,
        onText: OnText?,
    ): Answer {
        val plain = splitAtBlanks(wholeText(question)).joinToString(" ")
        val asked = annotate(plain, askedOn)
        if (asked.isEmpty()) throw ConfigException("nothing to answer: expected a question, got no text; ask something")
        val speakers = store.speakers(userId)
        val who = askerOf(asked, speakers, wholeText(asker).ifEmpty { store.owner(userId) })
        val seen = looker?.photoFor(plain, userId, who)?.let { looker.look(it, plain, cancellation) }
        if (seen != null) return seen
        var found = recall.readFor(asked, userId, who, limit?.takeIf { it != 0 } ?: retrieveK)
        var given = found.asked(asked, who)
        while (!found.isEmpty && !generator.fits(GENERATE, given)) {
            found = found.shorter()
            given = found.asked(asked, who)
        }
        if (found.isEmpty && !generator.fits(GENERATE, given)) {
            throw ConfigException(
                "the question is too long: expected one that the model can read, got " +
                    "${asked.codePointCount(0, asked.length)} letters; ask in fewer words",
            )
        }
        if (recall.isOfOthers(asked, userId)) return conclude(UNANSWERABLE, found)
        val attribution = Attribution(found, asked, who, speakers)
        val text =
            try {
                write(given, cancellation, onText, attribution)
            } catch (_: UnparsableException) {
                GENERATE.fallback(given)
            }
        return conclude(if (attribution.isOfOthers(text)) UNANSWERABLE else text, found)
    }

    private fun write(
        given: GenerateInput,
        cancellation: Cancellation?,
        onText: OnText?,
        attribution: Attribution,
    ): String =
        if (onText == null) {
            generator.run(GENERATE, given, cancellation).value
        } else {
            generator
                .write(GENERATE, given, cancellation) { text ->
                    val answer = begun(text)
                    onText.told(if (attribution.isOpen(answer)) "" else answer)
                }.value
        }
}
