package org.memlora.text.tokens

/** Hashes with a seed of this process, so that no file can be made whose entries collide. */
internal object Hashes {
    private val seed = mix(System.nanoTime() xor System.identityHashCode(this).toLong().shl(32))
    private val factor = mix(seed) or 1

    fun of(a: Int, b: Int): Int = mix((a.toLong() shl 32 or (b.toLong() and 0xFFFFFFFFL)) * factor + seed).toInt()

    /** Goes on with [hash] over [bytes]; the same whether they come at once or in parts. */
    fun add(hash: Long, bytes: ByteArray, from: Int, to: Int): Long {
        var sum = hash
        for (i in from until to) sum = (sum xor (bytes[i].toLong() and 0xFF)) * factor + (sum ushr 29)
        return sum
    }

    val start: Long get() = seed

    fun finish(hash: Long): Int = mix(hash).toInt()

    /** Slots for [count] entries: a power of two, at least half of them empty. */
    fun slots(count: Int): IntArray {
        var size = 16
        while (size < 2 * count) size *= 2
        return IntArray(size).apply { fill(-1) }
    }

    private fun mix(value: Long): Long {
        var x = value
        x = (x xor (x ushr 30)) * -0x40a7b892e31b1a47L
        x = (x xor (x ushr 27)) * -0x6b2fb644ecceee15L
        return x xor (x ushr 31)
    }
}
