package org.memlora.text.days

/** A verb form: where it stands, in which sentence and clause, its tense and its word. */
internal class Mark(
    val place: Int,
    val sentence: Int,
    val clause: Int,
    val tense: Tense,
    val word: String,
)

/** Past or future at a place of a text: the verb form nearest to it, first in its clause, then in the clauses around. */
internal class Tenses(
    text: String,
    written: String,
) {
    private val words = Words(text)
    private val marks: List<Mark>
    private val places: IntArray
    private val sentences: IntArray

    init {
        val forms = VerbForms(words, written)
        marks =
            words.all.mapIndexedNotNull { i, word ->
                forms.tense(i)?.let { Mark(word.place, word.sentence, word.clause, it, word.text) }
            }
        places = marks.map { it.place }.toIntArray()
        sentences = marks.map { it.sentence }.toIntArray()
    }

    /** The tense of the expression that stands from [start] to [end]. */
    fun at(
        start: Int,
        end: Int,
        clauseOnly: Boolean = false,
    ): Tense? = nearest(start, end, clauseOnly)?.tense

    /** The verb form that tells: of the clause before the expression, after it, then of the sentence. */
    fun nearest(
        start: Int,
        end: Int,
        clauseOnly: Boolean = false,
    ): Mark? {
        val sentence = words.sentence(start)
        val clause = words.clause(start)
        val first = places.countBelow(start)
        val before = marks.getOrNull(first - 1)?.takeIf { it.sentence == sentence }
        val following = marks.subList(first, minOf(marks.size, first + NEAR_WORDS))
        val after = following.firstOrNull { it.place >= end && it.word !in wordsOf("report") && it.sentence == sentence }
        return when {
            before?.clause == clause -> before
            after?.clause == clause -> after
            else -> if (clauseOnly) null else before ?: after
        }
    }

    /** The tense of the sentence before, else of the one after; null where they differ or there is none. */
    fun around(start: Int): Tense? {
        val sentence = words.sentence(start)
        val before = marks.getOrNull(sentences.countBelow(sentence) - 1)?.takeIf { it.sentence == sentence - 1 }?.tense
        val after = marks.getOrNull(sentences.countBelow(sentence + 1))?.takeIf { it.sentence == sentence + 1 }?.tense
        return if (before != null && before != after && after == Tense.PAST) null else before ?: after
    }

    /** Every tense in the sentence, as far as [NEAR_WORDS] verb forms away. */
    fun allOfSentence(start: Int): Set<Tense> {
        val place = places.countBelow(start)
        val near = marks.subList(maxOf(0, place - NEAR_WORDS), minOf(marks.size, place + NEAR_WORDS))
        return near.filter { it.sentence == words.sentence(start) }.mapTo(HashSet()) { it.tense }
    }

    /** No word of the sentence stands before [start]. */
    fun opens(start: Int): Boolean = words.opens(start)

    /** Its number, from 0. */
    fun sentence(start: Int): Int = words.sentence(start)

    /** A past form is the word right before [start]. */
    fun touches(start: Int): Boolean {
        val word = words.all.getOrNull(words.countBefore(start) - 1)
        val mark = marks.getOrNull(places.countBelow(start) - 1)
        return word != null && mark?.place == word.place && mark.tense == Tense.PAST
    }

    /** At most 30 words before [start]. */
    fun wordsBefore(start: Int): List<Word> = words.lastBefore(words.countBefore(start), 30)

    /** The words of the clause, without the expression. */
    fun clauseWords(
        start: Int,
        end: Int,
    ): List<String> = words.ofClause(start, end)

    /** The words of the sentence, without the expression. */
    fun sentenceWords(
        start: Int,
        end: Int,
    ): List<String> = words.ofSentence(start, end)
}
