package org.memlora.operations

import org.memlora.errors.ContractException
import org.memlora.files.sha256
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.parts.toParts

/**
 * An operation's entry in `operations.json`: its prompt as text and as tokens, its stop tokens and limits.
 *
 * [maxInputTokens] bounds the tokens of the user's text, [maxNewTokens] the answer's without the stop token.
 */
public data class OperationPrompt(
    public val system: String,
    public val prefix: String,
    public val suffix: String,
    public val prefixTokens: List<Int>,
    public val suffixTokens: List<Int>,
    public val stopTokens: List<Int>,
    public val maxNewTokens: Int,
    public val maxInputTokens: Int,
    public val retrieveK: Int,
) {
    /** The whole prompt around what the user gives; throws [ContractException] when that has too many places. */
    public fun around(user: List<Part>): List<Part> {
        val places = user.sumOf { it.count }
        if (places > maxInputTokens) {
            throw ContractException("input too long: expected at most $maxInputTokens tokens, got $places; split the text")
        }
        return toParts(listOf(Tokens(prefixTokens)) + user + Tokens(suffixTokens))
    }

    /** Hex sha256 of the UTF-8 text `prefix`, a NUL, `suffix`. */
    public val sha256: String get() = sha256("$prefix\u0000$suffix".toByteArray(Charsets.UTF_8))
}
