package org.memlora.decoding

import org.memlora.errors.ContractException

/** In a table: no way on. */
public const val ILLEGAL: Int = 0xFFFF

/**
 * The token automaton of an operation's output: S states over a vocabulary of V tokens in C classes.
 *
 * Unsigned 16-bit numbers are chars: [classes] `[V]`; [table] `[S * C]`, row by row, the next state or [ILLEGAL];
 * [accepting] `[S]`; [minTokens] `[S]`, the fewest tokens from a state to an accepting one. Class 0 is illegal in every
 * state. Not changed after it was made; docs/grammar-format.md describes its file.
 */
public class Grammar(
    public val tokenizerSha256: String,
    public val start: Int,
    internal val classes: CharArray,
    internal val table: CharArray,
    internal val accepting: BooleanArray,
    internal val minTokens: CharArray,
) {
    internal val states: Int = accepting.size
    internal val classCount: Int = if (states == 0) 0 else table.size / states
    private val classSizes = IntArray(classCount)
    private val firstToken = IntArray(classCount) { -1 }
    private val roomy = (minTokens.maxOrNull()?.code ?: 0) + 1
    private val forced = HashMap<Pair<Int, Int>, Int>()

    init {
        for ((token, kind) in classes.withIndex()) {
            if (kind.code >= classCount) continue // refused by `check`
            classSizes[kind.code]++
            if (firstToken[kind.code] < 0) firstToken[kind.code] = token
        }
    }

    /** V; ids from here on are never legal. */
    public val vocabSize: Int get() = classes.size

    /** The fewest tokens from [state] to an accepting one. */
    public fun leastTokens(state: Int): Int = minTokens[state].code

    /** Whether a text may end in [state]. */
    public fun isAccepting(state: Int): Boolean = accepting[state]

    /**
     * Legal tokens `[V]`.
     *
     * With a [budget], only tokens after which an accepting state can still be reached within [budget] tokens, this one
     * included.
     */
    public fun mask(state: Int, budget: Int? = null): BooleanArray {
        val legal = legalClasses(state, slack(budget))
        return BooleanArray(vocabSize) { legal[classes[it].code] }
    }

    /** The token that must follow, or null when the text may end here or more than one token may follow. */
    public fun forced(state: Int, budget: Int? = null): Int? {
        val slack = slack(budget)
        val token = synchronized(forced) { forced.getOrPut(state to slack) { only(state, slack) } }
        return token.takeIf { it >= 0 }
    }

    private fun only(state: Int, slack: Int): Int {
        if (accepting[state]) return -1
        val legal = legalClasses(state, slack)
        val kinds = legal.indices.filter { legal[it] && classSizes[it] > 0 }
        return if (kinds.size == 1 && classSizes[kinds[0]] == 1) firstToken[kinds[0]] else -1
    }

    /** The state after [token]; throws [ContractException] when it is not legal in [state]. */
    public fun advance(state: Int, token: Int): Int =
        nextState(state, token) ?: throw ContractException(
            "illegal token: expected one that the grammar allows in state $state, got $token; mask the logits",
        )

    /** The state after [token], null when it is not legal in [state]. */
    public fun nextState(state: Int, token: Int): Int? {
        if (token !in 0 until vocabSize) return null
        return table[state * classCount + classes[token].code].code.takeIf { it != ILLEGAL }
    }

    /** Whether [token] is legal in [state] and leaves a way to an end within [budget] tokens, itself included. */
    public fun allows(state: Int, token: Int, budget: Int): Boolean {
        val following = nextState(state, token)
        return following != null && minTokens[following].code <= budget - 1
    }

    /** Whether the text is complete in [state] and nothing may follow. */
    public fun ends(state: Int): Boolean =
        accepting[state] && (0 until classCount).all { table[state * classCount + it].code == ILLEGAL }

    /** Whether [tokens] are a complete text. */
    public fun accepts(tokens: List<Int>): Boolean {
        var state = start
        for (token in tokens) state = nextState(state, token) ?: return false
        return accepting[state]
    }

    /** Budgets that cannot bind are all the same. */
    private fun slack(budget: Int?): Int = if (budget == null) roomy else minOf(budget, roomy)

    private fun legalClasses(state: Int, budget: Int): BooleanArray =
        BooleanArray(classCount) { kind ->
            val following = table[state * classCount + kind].code
            following != ILLEGAL && minTokens[following].code <= budget - 1
        }
}
