package org.memlora.text.tokens

/** What becomes of the characters of ranges: [rows] are first, last, kind and what the kind needs. */
internal class CharacterMap(private val rows: IntArray, texts: Texts) {
    private val contents = Array(rows.size / WIDTH) { row ->
        val value = rows[WIDTH * row + 3]
        when {
            kind(row) == SHIFT -> IntArray(0)
            value in 0 until texts.size && texts.length(value) <= MOST_BYTES -> texts.points(value)
            else -> throw invalid("a text of a map, at most $MOST_BYTES bytes", "$value")
        }
    }

    init {
        var before = -1
        for (row in contents.indices) {
            val (first, last) = rows[WIDTH * row] to rows[WIDTH * row + 1]
            val ascends = first > before && last >= first && last <= Character.MAX_CODE_POINT
            ensure(ascends, "ascending ranges of a map") { "$first to $last" }
            ensure(kind(row) in SHIFT..PAD, "a known kind of map") { "${kind(row)}" }
            if (kind(row) == SHIFT) checkShift(first, last, rows[WIDTH * row + 3])
            before = last
        }
    }

    fun apply(points: IntArray): IntArray {
        val out = Ints(points.size)
        for (point in points) {
            val row = find(point)
            if (row < 0) {
                out.add(point)
                continue
            }
            when (kind(row)) {
                SHIFT -> out.add(point + rows[WIDTH * row + 3])
                TEXT -> out.addAll(contents[row])
                else -> {
                    out.addAll(contents[row])
                    out.add(point)
                    out.addAll(contents[row])
                }
            }
        }
        return out.toArray()
    }

    private fun kind(row: Int) = rows[WIDTH * row + 2]

    private fun find(point: Int): Int {
        var low = 0
        var high = contents.size
        while (low < high) {
            val middle = (low + high) / 2
            if (rows[WIDTH * middle] <= point) low = middle + 1 else high = middle
        }
        return if (low > 0 && point <= rows[WIDTH * (low - 1) + 1]) low - 1 else -1
    }

    private fun checkShift(first: Int, last: Int, by: Int) {
        val (low, high) = first.toLong() + by to last.toLong() + by
        if (low < 0 || high > Character.MAX_CODE_POINT || (low <= 0xDFFF && high >= 0xD800)) {
            throw invalid("a shift to other characters", "$first by $by")
        }
    }

    private companion object {
        const val WIDTH = 4
        const val SHIFT = 0
        const val TEXT = 1
        const val PAD = 2
        const val MOST_BYTES = 16
    }
}
