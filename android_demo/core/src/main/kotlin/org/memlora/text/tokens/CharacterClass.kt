package org.memlora.text.tokens

/** Ranges of code points, both ends inside, ascending: `\p{L}` and its like as the tokenizers package has them. */
internal class CharacterClass(ranges: IntArray) {
    private val firsts = IntArray(ranges.size / 2) { ranges[2 * it] }
    private val lasts = IntArray(ranges.size / 2) { ranges[2 * it + 1] }
    private val ascii = BooleanArray(ASCII) { search(it) }

    init {
        var before = -1
        for (i in firsts.indices) {
            if (firsts[i] <= before || lasts[i] < firsts[i] || lasts[i] > Character.MAX_CODE_POINT) {
                throw invalid("ascending ranges of code points", "${firsts[i]} to ${lasts[i]} after $before")
            }
            before = lasts[i]
        }
    }

    operator fun contains(point: Int): Boolean = if (point < ASCII) ascii[point] else search(point)

    private fun search(point: Int): Boolean {
        val found = firsts.binarySearch(point)
        return found >= 0 || (found < -1 && point <= lasts[-found - 2])
    }

    companion object {
        private const val ASCII = 128

        /** Unicode's White_Space, which does not change any more. */
        val BLANKS = CharacterClass(
            intArrayOf(
                0x09, 0x0D, 0x20, 0x20, 0x85, 0x85, 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029,
                0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000,
            ),
        )
    }
}
