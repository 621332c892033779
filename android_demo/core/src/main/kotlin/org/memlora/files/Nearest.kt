package org.memlora.files

/** The name out of [known] that shares most with [name], null where none shares more than half; for messages alone. */
public fun nearest(name: String, known: Collection<String>): String? =
    known.map { it to likeness(name, it) }.filter { it.second >= LEAST_LIKENESS }.maxByOrNull { it.second }?.first

/** Twice the length of the longest common subsequence over both lengths, 0 to 1. */
private fun likeness(a: String, b: String): Double {
    if (a.isEmpty() && b.isEmpty()) return 1.0
    var before = IntArray(b.length + 1)
    for (letter in a) {
        val row = IntArray(b.length + 1)
        for (at in b.indices) {
            row[at + 1] = if (letter == b[at]) before[at] + 1 else maxOf(before[at + 1], row[at])
        }
        before = row
    }
    return 2.0 * before[b.length] / (a.length + b.length)
}

private const val LEAST_LIKENESS = 0.6
