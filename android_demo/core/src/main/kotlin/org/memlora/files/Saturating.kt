package org.memlora.files

/**
 * Sums and products of sizes that a file tells, none of them negative: what is beyond 64 bits is the largest number.
 *
 * So a size that no file can have never wraps around to one that fits.
 */
internal object Saturating {
    fun sum(a: Long, b: Long): Long {
        val sum = a + b
        return if (sum < 0) Long.MAX_VALUE else sum
    }

    fun sum(items: Iterable<Long>): Long = items.fold(0L, ::sum)

    fun product(a: Long, b: Long): Long {
        if (a == 0L || b == 0L) return 0
        return if (a > Long.MAX_VALUE / b) Long.MAX_VALUE else a * b
    }

    /** The product of [items]; 0 where one of them is 0, however large the others are. */
    fun product(items: Iterable<Long>): Long = if (items.any { it == 0L }) 0 else items.fold(1L, ::product)
}
