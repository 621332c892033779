package org.memlora.text.tokens

import java.util.BitSet

/**
 * A pattern as a program that only jumps forward; alternatives are tried in order and runs are greedy, as in Oniguruma.
 *
 * [code] has four numbers an instruction (docs/tokenizer-format.md).
 */
internal class SplitPattern(private val code: IntArray, private val classes: List<CharacterClass>) {
    private val size = code.size / 4

    init {
        val least = IntArray(size + 1)
        ensure(size in 1..MAX_INSTRUCTIONS, "1 to $MAX_INSTRUCTIONS instructions of a pattern") { "$size" }
        for (place in size - 1 downTo 0) least[place] = check(place, least)
        ensure(least[0] > 0, "a pattern that matches a character") { "one that matches nothing" }
    }

    /** The fewest characters from instruction [place] on. */
    private fun check(place: Int, least: IntArray): Int {
        val a = code[4 * place + 1]
        val next = least[place + 1]
        ensure(place < size - 1 || code[4 * place] == MATCH, "a pattern that ends") { "one that does not" }
        return when (val operator = code[4 * place]) {
            MATCH -> 0
            RUN -> {
                val (fewest, most) = code[4 * place + 2] to most(place)
                val isRun = a in classes.indices && fewest in 0..most
                ensure(isRun, "a run of a class") { "$a, $fewest to $most" }
                minOf(fewest, MOST - next) + next
            }
            LOOK -> if (a in classes.indices) next else throw invalid("a class ahead", "$a")
            SPLIT, JUMP -> {
                ensure(a in place + 1 until size, "jumps forward inside the pattern") { "$place to $a" }
                if (operator == JUMP) least[a] else minOf(next, least[a])
            }
            else -> throw invalid("known instructions", "$operator")
        }
    }

    private fun most(place: Int) = code[4 * place + 3].let { if (it == TableBytes.NONE) MOST else it }

    /** Where the match that begins at [from] ends, or -1; what lies from [to] on is not there. */
    fun match(points: IntArray, from: Int, to: Int): Int {
        val found = match(points, from, to, null)
        return if (found == GIVEN_UP) match(points, from, to, BitSet()) else found
    }

    /** With [failed], states that were tried, time is bounded by program times text; without, it is given up. */
    private fun match(points: IntArray, from: Int, to: Int, failed: BitSet?): Int {
        val later = Choices(size)
        var place = 0
        var at = from
        var steps = 0
        while (true) {
            if (failed == null && ++steps > PATIENCE + 4 * (to - from)) return GIVEN_UP
            val isTried = failed != null && isKnown(failed, place, at - from)
            val next = if (isTried) STUCK else step(place, points, at, to, later)
            if (next == DONE) return at
            if (next >= 0) {
                if (code[4 * place] == RUN) at = later.reached
                place = next
                continue
            }
            if (later.isEmpty()) return -1
            place = later.place()
            at = later.pop()
        }
    }

    private fun isKnown(failed: BitSet, place: Int, offset: Int): Boolean {
        val index = offset.toLong() * size + place
        if (index > MOST_STATES) return true
        val known = failed[index.toInt()]
        failed.set(index.toInt())
        return known
    }

    private fun step(place: Int, points: IntArray, at: Int, to: Int, later: Choices): Int {
        val a = code[4 * place + 1]
        return when (code[4 * place]) {
            MATCH -> DONE
            JUMP -> a
            SPLIT -> {
                later.push(a, at, at)
                place + 1
            }
            LOOK -> if ((at < to && points[at] in classes[a]) != (code[4 * place + 2] != 0)) place + 1 else STUCK
            else -> {
                val fewest = code[4 * place + 2]
                val most = most(place)
                var end = at
                while (end < to && end - at < most && points[end] in classes[a]) end++
                if (end - at < fewest) return STUCK
                if (end - at > fewest) later.push(place + 1, end - 1, at + fewest)
                later.reached = end
                place + 1
            }
        }
    }

    private companion object {
        const val MATCH = 0
        const val RUN = 1
        const val LOOK = 2
        const val SPLIT = 3
        const val JUMP = 4
        const val MAX_INSTRUCTIONS = 1024
        const val MOST = Int.MAX_VALUE
        const val PATIENCE = 1000
        const val MOST_STATES = 1L shl 28
        const val STUCK = -1
        const val DONE = -2
        const val GIVEN_UP = -3
    }
}

/** Where a match may go on when it is stuck: at most one choice for each instruction, since programs jump forward. */
private class Choices(instructions: Int) {
    private val places = IntArray(instructions)
    private val longest = IntArray(instructions)
    private val shortest = IntArray(instructions)
    private var size = 0

    /** Where the latest run ended. */
    var reached = 0

    fun isEmpty() = size == 0

    fun place() = places[size - 1]

    fun push(place: Int, longest: Int, shortest: Int) {
        places[size] = place
        this.longest[size] = longest
        this.shortest[size++] = shortest
    }

    /** The longest end that was not tried; the choice stays while there are shorter ones. */
    fun pop(): Int {
        val end = longest[size - 1]
        if (end > shortest[size - 1]) longest[size - 1] = end - 1 else size--
        return end
    }
}
