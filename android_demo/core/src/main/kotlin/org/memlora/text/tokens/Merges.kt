package org.memlora.text.tokens

/** Which two tokens become which one: [rows] are left, right, result, the first to be made first. */
internal class Merges(private val rows: IntArray, private val vocabulary: Vocabulary) {
    private val slots = Hashes.slots(rows.size / 3)

    init {
        for (rank in 0 until rows.size / 3) {
            for (i in 0 until 3) {
                val id = rows[3 * rank + i]
                val isKnown = id in 0 until vocabulary.size && vocabulary.isWritten(id, true)
                ensure(isKnown, "merges of the model's tokens") { "$id" }
            }
            val (left, right, result) = Triple(rows[3 * rank], rows[3 * rank + 1], rows[3 * rank + 2])
            val isWhole = vocabulary.length(left) + vocabulary.length(right) == vocabulary.length(result)
            ensure(isWhole, "merges into a text as long as both") { "$left and $right into $result" }
            ensure(rank(left, right) < 0, "each merge once") { "$left and $right twice" }
            var slot = Hashes.of(left, right) and (slots.size - 1)
            while (slots[slot] >= 0) slot = (slot + 1) and (slots.size - 1)
            slots[slot] = rank
        }
    }

    /**
     * Makes the merges of [word] in order of rank, from the left among equals, and adds what is left to [out]. Those of
     * hidden tokens are made with [specials] alone. A word of n takes n log n: a heap of candidates, neighbours linked.
     */
    fun merge(word: IntArray, specials: Boolean, out: Ints) {
        val next = IntArray(word.size) { it + 1 }
        val previous = IntArray(word.size) { it - 1 }
        val heap = Heap(word.size)
        for (i in 0 until word.size - 1) offer(word, i, i + 1, specials, heap)
        while (!heap.isEmpty()) {
            val top = heap.pop()
            val (rank, at) = (top ushr 32).toInt() to top.toInt()
            val after = next[at]
            if (word[at] == GONE || after >= word.size || rank(word[at], word[after]) != rank) continue
            word[at] = rows[3 * rank + 2]
            word[after] = GONE
            next[at] = next[after]
            if (next[at] < word.size) previous[next[at]] = at
            if (previous[at] >= 0) offer(word, previous[at], at, specials, heap)
            if (next[at] < word.size) offer(word, at, next[at], specials, heap)
        }
        for (id in word) if (id != GONE) out.add(id)
    }

    private fun offer(word: IntArray, left: Int, right: Int, specials: Boolean, heap: Heap) {
        val rank = rank(word[left], word[right])
        if (rank >= 0 && (specials || vocabulary.isWritten(rows[3 * rank + 2], false))) {
            heap.push(rank.toLong() shl 32 or left.toLong())
        }
    }

    private fun rank(left: Int, right: Int): Int {
        var slot = Hashes.of(left, right) and (slots.size - 1)
        while (slots[slot] >= 0) {
            val rank = slots[slot]
            if (rows[3 * rank] == left && rows[3 * rank + 1] == right) return rank
            slot = (slot + 1) and (slots.size - 1)
        }
        return -1
    }

    private companion object {
        const val GONE = -1
    }
}

/** The lowest number first. */
private class Heap(capacity: Int) {
    private var values = LongArray(maxOf(4, capacity))
    private var size = 0

    fun isEmpty() = size == 0

    fun push(value: Long) {
        if (size == values.size) values = values.copyOf(2 * size)
        var at = size++
        while (at > 0 && values[(at - 1) / 2] > value) {
            values[at] = values[(at - 1) / 2]
            at = (at - 1) / 2
        }
        values[at] = value
    }

    fun pop(): Long {
        val top = values[0]
        val last = values[--size]
        var at = 0
        while (2 * at + 1 < size) {
            var child = 2 * at + 1
            if (child + 1 < size && values[child + 1] < values[child]) child++
            if (values[child] >= last) break
            values[at] = values[child]
            at = child
        }
        values[at] = last
        return top
    }
}
