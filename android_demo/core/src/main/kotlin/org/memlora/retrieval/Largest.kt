package org.memlora.retrieval

/** The [wanted] largest of the numbers that are offered, 1 or more: a heap without boxes, the least on top. */
internal class Largest(private val wanted: Int) {
    private val heap = DoubleArray(wanted)
    private var size = 0

    /** The least of them; below every number until [wanted] were offered. */
    val least: Double get() = if (size < wanted) Double.NEGATIVE_INFINITY else heap[0]

    /** Keeps [number] where it is one of the largest. */
    fun offer(number: Double) {
        if (size < wanted) {
            var at = size++
            while (at > 0 && heap[(at - 1) / 2] > number) {
                heap[at] = heap[(at - 1) / 2]
                at = (at - 1) / 2
            }
            heap[at] = number
        } else if (number > heap[0]) {
            sink(number)
        }
    }

    private fun sink(number: Double) {
        var at = 0
        while (2 * at + 1 < wanted) {
            var child = 2 * at + 1
            if (child + 1 < wanted && heap[child + 1] < heap[child]) child++
            if (heap[child] >= number) break
            heap[at] = heap[child]
            at = child
        }
        heap[at] = number
    }
}
