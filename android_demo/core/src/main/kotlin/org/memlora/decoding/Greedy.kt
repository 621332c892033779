package org.memlora.decoding

import org.memlora.errors.ContractException
import org.memlora.parts.Part
import org.memlora.parts.TokenPlace
import org.memlora.parts.Tokens
import org.memlora.parts.toPlaces
import org.memlora.progress.Cancellation

/** Is given the answer's tokens so far before each next model call; false ends the answer there. */
public fun interface OnTokens {
    /** Whether to go on. */
    public fun told(tokens: List<Int>): Boolean
}

/**
 * The answer's [tokens] without the stop token, and what they cost.
 *
 * [isCut] when the token limit or `onTokens`, not the model, ended the answer or chose one of its tokens. [steps] counts
 * model calls, [forced] tokens appended without choosing, [drafted] tokens proposed by look-up and [accepted] those of
 * them that the model confirmed.
 */
public data class Decoded(
    public val tokens: List<Int>,
    public val steps: Int,
    public val forced: Int,
    public val drafted: Int,
    public val accepted: Int,
    public val isCut: Boolean = false,
)

/**
 * The most likely token at every step, until a stop token, the grammar's end or [maxNewTokens] tokens.
 *
 * Ties go to the lowest id. With a grammar the tokens are always a complete text of it: near the limit only tokens that
 * still lead to an end are legal, and stop tokens only in accepting states; a token that must follow costs no model call.
 * [drafts] looks up what followed the last tokens in a [likely] answer, the prompt and the answer so far, and verifies it
 * in one feed; null leaves it to the engine's exactness, because on other engines the last bit of a logit, and so a near
 * tie, may depend on how tokens were cut into feeds.
 *
 * Throws [ContractException] when the limit is below the grammar's shortest text, or the context cannot hold the answer,
 * and `CancellationException` within one step of a [cancellation]; the session can be used again afterwards.
 */
public fun generate(
    session: EngineSession,
    prompt: List<Part>,
    grammar: Grammar?,
    stopTokens: List<Int>,
    maxNewTokens: Int,
    drafts: Boolean? = null,
    likely: List<Int> = emptyList(),
    cancellation: Cancellation? = null,
    onTokens: OnTokens? = null,
): Decoded {
    if (maxNewTokens < 1) {
        throw ContractException("no tokens to make: expected max_new_tokens of 1 or more, got $maxNewTokens; raise it")
    }
    return Greedy(session, prompt, grammar, stopTokens, maxNewTokens, drafts, likely, cancellation).run(onTokens)
}

private class Greedy(
    private val session: EngineSession,
    private val prompt: List<Part>,
    private val grammar: Grammar?,
    stopTokens: List<Int>,
    maxNewTokens: Int,
    drafts: Boolean?,
    likely: List<Int>,
    private val cancellation: Cancellation?,
) {
    private val places = toPlaces(prompt)
    private val limit = limit(maxNewTokens)
    private val stop = stopTokens.distinct().sorted()
    private val mayDraft = drafts ?: session.engine.exactMultiToken
    private val drafts = Drafts(likely)
    private val text = places.filterIsInstance<TokenPlace>().mapTo(ArrayList()) { it.id } // the prompt, then the answer
    private val read = text.size
    private val out: List<Int> get() = text.subList(read, text.size)
    private val made: Int get() = text.size - read
    private val budget: Int get() = limit - made
    private var state = grammar?.start ?: 0
    private var unfed = 0
    private var started = false
    private var stopped = false
    private var steered = false
    private var steps = 0
    private var forced = 0
    private var drafted = 0
    private var accepted = 0

    private fun limit(maxNewTokens: Int): Int {
        val room = session.engine.contextLength - places.size
        val least = grammar?.let { it.leastTokens(it.start) } ?: 0
        if (least > minOf(maxNewTokens, room)) {
            throw ContractException(
                "too few tokens for an answer: expected at least $least, got ${minOf(maxNewTokens, room)}; " +
                    "raise max_new_tokens or shorten the input",
            )
        }
        if (room < 1) {
            throw ContractException(
                "prompt too long: expected at most ${session.engine.contextLength - 1} tokens, got ${places.size}; " +
                    "shorten the input",
            )
        }
        return minOf(maxNewTokens, room)
    }

    fun run(onTokens: OnTokens?): Decoded {
        while (!isFinished()) {
            cancellation?.check()
            if (onTokens != null && made > 0 && !onTokens.told(out.toList())) {
                steered = true
                break
            }
            val only = grammar?.forced(state, budget)
            if (only != null) {
                forced++
                steered = steered || grammar.forced(state) != only
                append(only)
                continue
            }
            val draft = if (mayDraft && started) draft() else emptyList()
            val before = accepted
            if (!choose(draft)) {
                stopped = true
                break
            }
            drafts.judge(draft.size, accepted - before)
        }
        val endedByLimit = grammar == null && !stopped
        return Decoded(out.toList(), steps, forced, drafted, accepted, steered || endedByLimit)
    }

    /** One model call; appends the chosen token and every confirmed draft after it. False when a stop was chosen. */
    private fun choose(draft: List<Int>): Boolean {
        for ((i, logits) in feed(draft).withIndex()) {
            val (token, byBudget) = choose(logits, grammar, state, budget, stop)
            steered = steered || byBudget
            if (token == null) {
                forget(draft.size - i)
                return false
            }
            val isConfirmed = i < draft.size && token == draft[i]
            append(token, isConfirmed)
            if (isConfirmed) accepted++
            if (!isConfirmed || isFinished()) {
                forget(draft.size - i - if (isConfirmed) 1 else 0)
                return true
            }
        }
        return true
    }

    /** Logits after everything appended so far, and after each token of [draft]. */
    private fun feed(draft: List<Int>): List<FloatArray> {
        steps++
        drafted += draft.size
        val fresh = out.takeLast(unfed)
        unfed = 0
        if (!started) {
            started = true
            return listOf(session.start(prompt + Tokens(fresh), cancellation))
        }
        if (draft.isEmpty()) return listOf(session.feed(listOf(Tokens(fresh)), cancellation))
        return session.feedAll(listOf(Tokens(fresh + draft)), cancellation).drop(fresh.size - 1)
    }

    private fun append(token: Int, isFed: Boolean = false) {
        if (grammar != null) state = grammar.advance(state, token)
        text += token
        if (!isFed) unfed++
    }

    private fun isFinished(): Boolean = budget == 0 || (grammar != null && grammar.ends(state))

    private fun forget(count: Int) {
        if (count > 0) session.rewind(session.places.size - count)
    }

    /** A look-up of the last tokens, as far as it is legal and fits. */
    private fun draft(): List<Int> {
        val left = session.engine.contextLength - places.size - made
        return legalPart(drafts.propose(text, minOf(budget - 1, left)))
    }

    private fun legalPart(tokens: List<Int>): List<Int> {
        if (grammar == null) return tokens
        var following = state
        for ((i, token) in tokens.withIndex()) {
            if (!grammar.allows(following, token, budget - i)) return tokens.take(i)
            following = grammar.advance(following, token)
        }
        return tokens
    }
}
