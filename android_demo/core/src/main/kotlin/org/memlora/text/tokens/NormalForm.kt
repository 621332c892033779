package org.memlora.text.tokens

/**
 * Canonical decomposition and composition with the characters that the tokenizers package knows, which is not what a
 * phone or a JDK has.
 *
 * [decompositions] are a point and four parts, 0 for none; [combining] first, last, class; `compositions` first,
 * second, composed.
 */
internal class NormalForm(
    private val decompositions: IntArray,
    private val combining: IntArray,
    compositions: IntArray,
) {
    private val pairs = HashMap<Long, Int>(compositions.size)
    private val lowest = minOf(decompositions.firstOrNull() ?: HANGUL, combining.firstOrNull() ?: HANGUL)

    init {
        checkAscending("decompositions", decompositions, PARTS + 1)
        checkAscending("combining classes", combining, 3)
        for (i in decompositions.indices) checkPoint(decompositions[i])
        for (i in combining.indices step 3) {
            val isClass = combining[i + 1] >= combining[i] && combining[i + 2] in 1..254
            ensure(isClass, "combining classes") { "${combining[i + 2]} of ${combining[i]} to ${combining[i + 1]}" }
        }
        for (i in compositions.indices step 3) {
            for (j in 0 until 3) checkPoint(compositions[i + j])
            pairs[pair(compositions[i], compositions[i + 1])] = compositions[i + 2]
        }
    }

    fun decompose(points: IntArray): IntArray {
        if (points.all { it < lowest }) return points
        val parts = Ints(points.size)
        for (point in points) decompose(point, parts)
        return sort(parts.toArray())
    }

    fun compose(points: IntArray): IntArray {
        if (points.all { it < lowest }) return points
        val parts = decompose(points)
        val out = Ints(parts.size)
        var starter = -1
        var before = 0
        for (point in parts) {
            val number = combiningClass(point)
            if (starter >= 0 && (before == 0 || before < number)) {
                val composed = composed(out[starter], point)
                if (composed != null) {
                    out[starter] = composed
                    continue
                }
            }
            before = number
            if (number == 0) starter = out.size
            out.add(point)
        }
        return out.toArray()
    }

    private fun decompose(point: Int, parts: Ints) {
        val syllable = point - HANGUL
        if (syllable in 0 until SYLLABLES) {
            parts.add(LEADS + syllable / (VOWEL_COUNT * TAIL_COUNT))
            parts.add(VOWELS + syllable % (VOWEL_COUNT * TAIL_COUNT) / TAIL_COUNT)
            if (syllable % TAIL_COUNT != 0) parts.add(TAILS + syllable % TAIL_COUNT)
            return
        }
        val found = row(decompositions, PARTS + 1, point)
        if (found < 0 || decompositions[found] != point) return parts.add(point)
        for (i in 1..PARTS) if (decompositions[found + i] != 0) parts.add(decompositions[found + i])
    }

    private fun composed(first: Int, second: Int): Int? {
        val lead = first - LEADS
        val vowel = second - VOWELS
        if (lead in 0 until LEAD_COUNT && vowel in 0 until VOWEL_COUNT) {
            return HANGUL + (lead * VOWEL_COUNT + vowel) * TAIL_COUNT
        }
        val syllable = first - HANGUL
        val tail = second - TAILS
        val isOpen = syllable in 0 until SYLLABLES && syllable % TAIL_COUNT == 0
        if (isOpen && tail in 1 until TAIL_COUNT) return first + tail
        return pairs[pair(first, second)]
    }

    private fun combiningClass(point: Int): Int {
        val found = row(combining, 3, point)
        return if (found >= 0 && point <= combining[found + 1]) combining[found + 2] else 0
    }

    /** Runs of combining characters by their class, those of one class in their order. */
    private fun sort(points: IntArray): IntArray {
        var from = 0
        while (from < points.size) {
            if (combiningClass(points[from]) == 0) {
                from++
                continue
            }
            var to = from
            while (to < points.size && combiningClass(points[to]) != 0) to++
            val sorted = points.copyOfRange(from, to).sortedBy(::combiningClass)
            for (i in sorted.indices) points[from + i] = sorted[i]
            from = to
        }
        return points
    }

    /** Where the last row begins whose first number is at most [point], or -1. */
    private fun row(rows: IntArray, width: Int, point: Int): Int {
        var low = 0
        var high = rows.size / width
        while (low < high) {
            val middle = (low + high) / 2
            if (rows[middle * width] <= point) low = middle + 1 else high = middle
        }
        return (low - 1) * width
    }

    private fun checkAscending(what: String, rows: IntArray, width: Int) {
        for (i in width until rows.size step width) {
            if (rows[i] <= rows[i - width]) throw invalid("ascending $what", "${rows[i]} after ${rows[i - width]}")
        }
    }

    private fun checkPoint(point: Int) {
        val isCharacter = point in 0..Character.MAX_CODE_POINT && point !in 0xD800..0xDFFF
        ensure(isCharacter, "characters of a normal form") { "$point" }
    }

    private fun pair(first: Int, second: Int) = first.toLong() shl 32 or second.toLong()

    private companion object {
        const val PARTS = 4
        const val HANGUL = 0xAC00
        const val SYLLABLES = 11172
        const val LEADS = 0x1100
        const val LEAD_COUNT = 19
        const val VOWELS = 0x1161
        const val VOWEL_COUNT = 21
        const val TAILS = 0x11A7
        const val TAIL_COUNT = 28
    }
}
