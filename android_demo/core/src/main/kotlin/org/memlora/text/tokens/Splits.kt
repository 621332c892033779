package org.memlora.text.tokens

/** Part of a text: [points] from [from] up to [to]; [isFirst] when it begins where the whole text does. */
internal class Piece(val points: IntArray, val from: Int, val to: Int, val isFirst: Boolean) {
    fun part(from: Int, to: Int) = Piece(points, from, to, isFirst && from == this.from)
}

/** A split by a pattern and what becomes of its matches. */
internal class Splits(private val pattern: SplitPattern, behaviour: Int) {
    private val inverted = behaviour and INVERTED != 0
    private val kind = behaviour and INVERTED.inv()

    init {
        if (kind !in ISOLATED..CONTIGUOUS) throw invalid("a known behaviour of a split", "$behaviour")
    }

    /** The parts of [piece] that are not empty, in order. */
    fun split(piece: Piece, out: MutableList<Piece>) {
        val ends = Ints()
        val matched = ArrayList<Boolean>()
        var before = piece.from
        var at = piece.from
        while (at < piece.to) {
            val end = pattern.match(piece.points, at, piece.to)
            if (end < 0) {
                at++
                continue
            }
            if (before < at) {
                ends.add(at)
                matched.add(inverted)
            }
            ends.add(end)
            matched.add(!inverted)
            before = end
            at = end
        }
        if (before < piece.to) {
            ends.add(piece.to)
            matched.add(inverted)
        }
        var from = piece.from
        for (i in matched.indices) {
            if (joins(matched, i)) continue
            if (kind != REMOVED || !matched[i]) out.add(piece.part(from, ends[i]))
            from = ends[i]
        }
    }

    /** Whether part [i] goes into the one that follows. */
    private fun joins(matched: List<Boolean>, i: Int): Boolean {
        val next = matched.getOrNull(i + 1) ?: return false
        return when (kind) {
            CONTIGUOUS -> matched[i] == next
            MERGED_WITH_PREVIOUS -> next && !matched[i]
            MERGED_WITH_NEXT -> matched[i] && !next
            else -> false
        }
    }

    private companion object {
        const val INVERTED = 0x100
        const val ISOLATED = 0
        const val REMOVED = 1
        const val MERGED_WITH_PREVIOUS = 2
        const val MERGED_WITH_NEXT = 3
        const val CONTIGUOUS = 4
    }
}
