package org.memlora.memory

import org.memlora.operations.ExtractInput
import org.memlora.operations.Generator
import org.memlora.operations.Message
import org.memlora.operations.Operation
import org.memlora.operations.SelectInput
import org.memlora.progress.Progress
import org.memlora.text.days.annotate
import org.memlora.text.pattern
import org.memlora.text.stripBlanks
import java.time.LocalDate

internal const val READ = "letters read"
private const val NOTE_LENGTH = 40 // letters of the longest note, `[the weekend of 20 September 2023]`, and some more
private const val SURELY_LONGER = 8 // times a text that does not fit, whatever its letters are
private const val QUARTER = 4
private val SENTENCE_END = pattern("(?<=[.!?\\n])\\s+")
private val WORD_END = pattern("\\s+")

/** How an operation's input is taken apart: its messages, its day, and the same input with other messages. */
internal class Shape<T : Any>(
    val messages: (T) -> List<Message>,
    val day: (T) -> LocalDate?,
    val with: (T, List<Message>) -> T,
)

internal val extractShape =
    Shape<ExtractInput>({ it.messages }, { it.sessionDate }, { given, messages -> given.copy(messages = messages) })
internal val selectShape =
    Shape<SelectInput>({ it.messages }, { it.sessionDate }, { given, messages -> given.copy(messages = messages) })

/**
 * [given] whole when it fits; else its messages one by one, and of a message that does not fit its halves.
 *
 * Halves are cut between sentences, else between words, else anywhere; dates are annotated before, and no cut falls
 * between an expression and its note or into a note. A piece that not even in one letter fits comes as it is: the model
 * will say why. [progress] is told the letters read of what had to be cut.
 */
internal fun <T : Any> pieces(
    generator: Generator,
    operation: Operation<T, *>,
    given: T,
    shape: Shape<T>,
    progress: Progress,
): Sequence<T> =
    sequence {
        val total = letters(shape.messages(given))
        var done = 0
        for (piece in Cutter(generator, operation, shape).cut(given)) {
            yield(piece)
            done += letters(shape.messages(piece))
            if (piece !== given) progress.told(READ, minOf(done, total), total, "")
        }
    }

private fun letters(messages: List<Message>): Int = messages.sumOf { count(it.text) }

private fun count(text: String): Int = text.codePointCount(0, text.length)

private class Cutter<T : Any>(
    private val generator: Generator,
    private val operation: Operation<T, *>,
    private val shape: Shape<T>,
) {
    fun cut(given: T): Sequence<T> {
        val messages = shape.messages(given)
        return when {
            generator.fits(operation, given) -> sequenceOf(given)
            messages.size > 1 -> messages.asSequence().flatMap { cut(shape.with(given, listOf(it))) }
            else -> halves(given, messages.single())
        }
    }

    private fun halves(
        given: T,
        message: Message,
    ): Sequence<T> {
        fun said(text: String) = shape.with(given, listOf(message.copy(text = text)))

        fun fits(text: String) = generator.fits(operation, said(text))
        val text = annotate(message.text, shape.day(given))
        if (count(text) <= 1) return sequenceOf(said(message.text))
        return parts(text, SURELY_LONGER * longest(text, ::fits), ::fits).map(::said)
    }

    /** Letters, a power of two, of a beginning of [text] that does not fit: beginnings twice as long each are tried. */
    private fun longest(
        text: String,
        fits: (String) -> Boolean,
    ): Int {
        val all = count(text)
        var length = 2
        while (length < all && fits(text.substring(0, text.offsetByCodePoints(0, length)))) length *= 2
        return length
    }

    /**
     * The halves of [text] that fit, or their halves; one longer than [most] letters is cut without a look.
     *
     * To render and tokenize what is a hundred times too long, at every halving, is what long texts took minutes for.
     */
    private fun parts(
        text: String,
        most: Int,
        fits: (String) -> Boolean,
    ): Sequence<String> {
        val cut = text.offsetByCodePoints(0, middle(text))
        return sequenceOf(text.substring(0, cut), text.substring(cut)).map(::stripBlanks).filter { it.isNotEmpty() }.flatMap {
            val letters = count(it)
            if (letters < 2 || (letters <= most && fits(it))) sequenceOf(it) else parts(it, most, fits)
        }
    }
}

/** The place, in letters, nearest to the middle where a sentence, else a word, starts; else the middle. */
private fun middle(text: String): Int {
    val all = count(text)
    val half = all / 2
    for (pattern in listOf(SENTENCE_END, WORD_END)) {
        val near =
            pattern
                .findAll(text)
                .map { it.range.last + 1 }
                .filter { it in 1 until text.length && !isInNote(text, it) }
                .map { text.codePointCount(0, it) }
                .filter { it in all / QUARTER..all - all / QUARTER }
        near.minByOrNull { Math.abs(it - half) }?.let { return it }
    }
    return half
}

/** Whether [place] stands in `[5 May 2023]` or right before it. */
private fun isInNote(
    text: String,
    place: Int,
): Boolean {
    val opened = text.lastIndexOf('[', place)
    if (opened < 0 || text.codePointCount(opened, place) > NOTE_LENGTH) return false
    return opened == place || !text.substring(opened, place).contains(']')
}
