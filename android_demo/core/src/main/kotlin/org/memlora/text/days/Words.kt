package org.memlora.text.days

import org.memlora.text.pattern

internal const val NEAR_WORDS = 60 // a longer sentence than this on either side has no end mark
private val WORD = pattern("[a-z\\u00c0-\\u024f]+(?:'[a-z]+)?")
private val SENTENCE = pattern("(?<![.!?\\u2026])[.!?\\u2026]++(?=[ \\t\\r\\n\"')\\u201d]|$)|\\n")
private val PAUSE = pattern("[,;:()\\u2013\\u2014]|-(?=[ \\t])|\\x00")

/** A word of a text: where it stands, in which sentence and clause. */
internal class Word(
    val place: Int,
    val text: String,
    val sentence: Int,
    val clause: Int,
) {
    fun isBeside(other: Word): Boolean = sentence == other.sentence && clause == other.clause
}

/** The words of one text in small letters, and the ends of its sentences and clauses. */
internal class Words(
    val text: String,
) {
    private val places: IntArray
    private val sentenceEnds: IntArray
    private val clauseEnds: IntArray
    val all: List<Word>

    init {
        val matches = WORD.findAll(text).toList()
        places = matches.map { it.range.first }.toIntArray()
        sentenceEnds = SENTENCE.findAll(text).filterNot { isShort(it, matches) }.map { it.range.last + 1 }.toList().toIntArray()
        val breaks = matches.filter { it.value in wordsOf("break") }.map { it.range.first }
        val pauses = PAUSE.findAll(text).map { it.range.last + 1 }
        clauseEnds = (pauses + breaks + sentenceEnds.asSequence()).toSortedSet().toIntArray()
        all = matches.map { Word(it.range.first, it.value, sentence(it.range.first), clause(it.range.first)) }
    }

    /** The point of `Mr.` */
    private fun isShort(
        stop: MatchResult,
        matches: List<MatchResult>,
    ): Boolean {
        val last = matches.getOrNull(before(stop.range.first)) ?: return false
        return stop.value == "." && last.range.last + 1 == stop.range.first && last.value in wordsOf("titles")
    }

    /** How many words begin before [place]. */
    fun countBefore(place: Int): Int = places.countBelow(place)

    /** The number of the last word that begins before [place], or -1. */
    private fun before(place: Int): Int = countBefore(place) - 1

    /** The number of the sentence at [place], from 0. */
    fun sentence(place: Int): Int = sentenceEnds.countBelow(place + 1)

    fun clause(place: Int): Int = clauseEnds.countBelow(place + 1)

    /** No word of the sentence stands before [start]. */
    fun opens(start: Int): Boolean {
        val last = before(start)
        return last < 0 || all[last].sentence != sentence(start)
    }

    /** At most [count] words before the [i]th. */
    fun lastBefore(
        i: Int,
        count: Int,
    ): List<Word> = all.subList(maxOf(0, i - count), i)

    /** The words of the clause around an expression, without it. */
    fun ofClause(
        start: Int,
        end: Int,
    ): List<String> = between(clauseEnds, start, end)

    /** The words of the sentence around an expression, without it. */
    fun ofSentence(
        start: Int,
        end: Int,
    ): List<String> = between(sentenceEnds, start, end)

    /** The words of the part (clause or sentence, given by their ends) that holds [start], [NEAR_WORDS] a side. */
    private fun between(
        ends: IntArray,
        start: Int,
        end: Int,
    ): List<String> {
        val part = ends.countBelow(start + 1)
        val here = countBefore(start)
        val first = maxOf(countBefore(if (part > 0) ends[part - 1] else 0), here - NEAR_WORDS)
        val last = minOf(if (part < ends.size) countBefore(ends[part]) else all.size, here + NEAR_WORDS)
        return all.subList(minOf(first, last), last).filterNot { it.place in start until end }.map { it.text }
    }
}

/** How many of these sorted numbers are smaller than [bound]. */
internal fun IntArray.countBelow(bound: Int): Int {
    var low = 0
    var high = size
    while (low < high) {
        val middle = (low + high) ushr 1
        if (this[middle] < bound) low = middle + 1 else high = middle
    }
    return low
}
