package org.memlora.text.tokens

/** Part of a text: token [id], or plain text where it is -1, from [from] up to [to]. */
internal class Span(val id: Int, val from: Int, val to: Int)

/** Added tokens that are looked for before the model sees a text: the leftmost, of these the longest. */
internal class AddedTokens(private val ids: IntArray, private val flags: IntArray, vocabulary: Vocabulary) {
    private val follows = HashMap<Long, Int>()
    private val ends = Ints() // which token ends at a node, or -1

    /** Those that no text of a user becomes. */
    val inert: Set<Int> get() = ids.indices.filter { flags[it] and INERT != 0 }.map { ids[it] }.toSet()

    init {
        ends.add(-1)
        for (i in ids.indices) {
            var node = 0
            for (point in vocabulary.points(ids[i])) {
                node = follows.getOrPut(edge(node, point)) { ends.size.also { ends.add(-1) } }
            }
            ends[node] = i
        }
    }

    /** The spans of [points], none empty; in a user's text, without [specials], inert tokens are plain. */
    fun split(points: IntArray, specials: Boolean): List<Span> {
        val spans = ArrayList<Span>()
        var plainFrom = 0
        var at = 0
        while (at < points.size && ids.isNotEmpty()) {
            val (found, end) = longest(points, at)
            if (found < 0) {
                at++
                continue
            }
            val start = at
            at = end // what was found is passed even where it is plain
            if (!specials && flags[found] and INERT != 0) continue
            var from = start
            var to = end
            if (flags[found] and TAKES_BLANKS_BEFORE != 0) {
                while (from > plainFrom && points[from - 1] in CharacterClass.BLANKS) from--
            }
            if (flags[found] and TAKES_BLANKS_AFTER != 0) {
                while (to < points.size && points[to] in CharacterClass.BLANKS) to++
            }
            if (plainFrom < from) spans.add(Span(-1, plainFrom, from))
            spans.add(Span(ids[found], from, to))
            plainFrom = to
        }
        if (plainFrom < points.size) spans.add(Span(-1, plainFrom, points.size))
        return spans
    }

    private fun longest(points: IntArray, from: Int): Pair<Int, Int> {
        var best = NOTHING
        var node = 0
        for (i in from until points.size) {
            node = follows[edge(node, points[i])] ?: break
            if (ends[node] >= 0) best = ends[node] to i + 1
        }
        return best
    }

    private fun edge(node: Int, point: Int) = node.toLong() shl 21 or point.toLong()

    companion object {
        private const val NORMALIZED = 1
        private const val TAKES_BLANKS_BEFORE = 2
        private const val TAKES_BLANKS_AFTER = 4
        private const val INERT = 8
        private val NOTHING = -1 to -1

        /** Those looked for in the text as it is, and those in the normalized one; [rows] are id and flags. */
        fun read(rows: IntArray, vocabulary: Vocabulary): Pair<AddedTokens, AddedTokens> {
            for (i in rows.indices step 2) {
                val (id, flags) = rows[i] to rows[i + 1]
                ensure(id in 0 until vocabulary.size && vocabulary.isAdded(id), "added tokens") { "$id" }
                ensure(i == 0 || id > rows[i - 2], "ascending added tokens") { "$id after ${rows[i - 2]}" }
                ensure(flags in 0..15, "known flags of an added token") { "$flags" }
                ensure(flags and INERT != 0 || !vocabulary.isSpecial(id), "special tokens to be inert") { "$id" }
            }
            val (normalized, plain) = (rows.indices step 2).partition { rows[it + 1] and NORMALIZED != 0 }
            return of(rows, plain, vocabulary) to of(rows, normalized, vocabulary)
        }

        private fun of(rows: IntArray, places: List<Int>, vocabulary: Vocabulary): AddedTokens {
            val (ids, flags) = places.map { rows[it] } to places.map { rows[it + 1] }
            return AddedTokens(ids.toIntArray(), flags.toIntArray(), vocabulary)
        }
    }
}
