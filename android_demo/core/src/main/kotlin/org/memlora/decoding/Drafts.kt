package org.memlora.decoding

private const val SHORTEST_TOKENS = 1
private const val LONGEST_TOKENS = 8
private val KEY_TOKENS = listOf(4, 3, 2, 1)

/**
 * Proposes tokens of a growing text: what followed the last ones in a likely answer, the prompt or the answer so far.
 *
 * A draft goes on where the text was last found, as long as that comes true. Otherwise the longest run of equal last
 * tokens counts; of several places the next one of the likely answer, else the latest. Drafts have one token at first and
 * after a miss, which costs an exact engine nothing, and twice as many while they come true: each further row costs a
 * third of a step on a CPU (docs/decisions.md).
 */
internal class Drafts(likely: List<Int> = emptyList()) {
    private val source = ArrayList(likely)
    private val likelyTokens = source.size
    private var textTokens = 0 // tokens of the text that are in the source already
    private val places = HashMap<List<Int>, MutableList<Int>>()
    private var indexed = 0
    private var next = 0 // where the next token is expected
    private var read = 0 // as far as the likely answer has been followed
    private var length = SHORTEST_TOKENS

    /** At most [room] tokens that may follow [text], which only ever grows; none where nothing is known. */
    fun propose(text: List<Int>, room: Int): List<Int> {
        val fresh = text.subList(textTokens, text.size)
        textTokens = text.size
        source += fresh
        for (token in fresh) {
            val isKnown = next in 1 until source.size && source[next] == token
            next = if (isKnown) next + 1 else 0
        }
        index()
        val place = if (next > 0) next else find()
        if (place == 0) return emptyList()
        next = place
        if (place <= likelyTokens) read = place
        val end = if (place < likelyTokens) likelyTokens else source.size
        val last = minOf(end, place + maxOf(0, minOf(length, room)))
        return if (last > place) source.subList(place, last).toList() else emptyList()
    }

    /** How many tokens of a draft came true. */
    fun judge(drafted: Int, accepted: Int) {
        if (drafted > 0) length = if (accepted == drafted) minOf(2 * length, LONGEST_TOKENS) else SHORTEST_TOKENS
    }

    private fun index() {
        for (end in maxOf(1, indexed) until source.size) { // the last tokens themselves are no earlier place
            for (size in KEY_TOKENS) {
                if (size <= end) places.getOrPut(source.subList(end - size, end).toList()) { ArrayList() } += end
            }
        }
        indexed = maxOf(indexed, source.size)
    }

    private fun find(): Int {
        for (size in KEY_TOKENS) {
            val found = places[source.takeLast(size)] ?: continue
            return found.firstOrNull { it in read + 1 until likelyTokens } ?: found.last()
        }
        return 0
    }
}
