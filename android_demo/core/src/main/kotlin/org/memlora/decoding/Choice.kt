package org.memlora.decoding

import org.memlora.errors.ContractException

/** The [token] chosen, null for a stop token; [steered] when the budget, not the model, chose it. */
public data class Choice(public val token: Int?, public val steered: Boolean)

/**
 * The greedy choice after float32 [logits] `[V]`: the legal token with the highest logit, the lowest id among equals.
 *
 * With a grammar only tokens count that are legal in [state] and from which its end can be reached within [budget]
 * tokens, themselves included; [stop] tokens count in accepting states. Throws [ContractException] for a grammar of more
 * tokens than there are logits.
 */
public fun choose(logits: FloatArray, grammar: Grammar?, state: Int, budget: Int, stop: List<Int>): Choice {
    var token = argmax(logits)
    if (grammar == null) return Choice(token.takeIf { it !in stop }, false)
    if (grammar.vocabSize > logits.size) {
        throw ContractException(
            "wrong grammar: expected at most ${logits.size} tokens, got ${grammar.vocabSize}; export it again",
        )
    }
    val mayStop = grammar.isAccepting(state)
    var steered = false
    if (!(mayStop && token in stop) && !grammar.allows(state, token, budget)) {
        // rare, and the only case that looks at the whole vocabulary again
        val ends = if (mayStop) stop else emptyList()
        token = bestOf(grammar.mask(state, budget), ends, logits)
        steered = token != bestOf(grammar.mask(state), ends, logits)
    }
    return Choice(token.takeIf { !(mayStop && it in stop) }, steered)
}

/** The index of the highest number, the lowest one among equals. */
public fun argmax(logits: FloatArray): Int = best(logits) { true }

private fun bestOf(mask: BooleanArray, ends: List<Int>, logits: FloatArray): Int =
    best(logits) { (it < mask.size && mask[it]) || it in ends }

private inline fun best(logits: FloatArray, isLegal: (Int) -> Boolean): Int {
    var found = 0
    var highest = Float.NEGATIVE_INFINITY
    for (token in logits.indices) {
        if (logits[token] > highest && isLegal(token)) {
            found = token
            highest = logits[token]
        }
    }
    return found
}
