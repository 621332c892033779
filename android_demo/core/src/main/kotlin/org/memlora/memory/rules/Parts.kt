package org.memlora.memory.rules

import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.pattern
import org.memlora.text.sentences

/** A sentence that says little without the one before it: `She ..`, `On Mondays she ..`. */
private val LEANS =
    pattern(
        "(?:(?:and|but|so|then|also|now|today|sometimes|usually|every|on|in|at|by|for|from|with|since|until|after|before|when|" +
            "while|if)(?: [^ ]+){0,3} )?(?:he|she|they|it|that|this|these|those|there|his|her|their|its)\\b",
        IGNORECASE,
    )

/**
 * The sentences of [memory] that [fact] neither ends nor replaces, empty where it takes all of them.
 *
 * Null where it takes none: also for a memory of one sentence, which [compare] judges, and where the sentence that would
 * go says of whom the next one is.
 */
public fun remaining(
    memory: String,
    fact: String,
): String? {
    val parts = sentences(memory)
    if (parts.size < 2) return null
    val leans = parts.map { LEANS.matchesAt(it, 0) }
    val taken = parts.indices.map { !leans[it] && compare(parts[it], fact) != Relation.OTHER }
    val breaks = parts.indices.any { taken[it] && leans.getOrElse(it + 1) { false } }
    return if (taken.none { it } || breaks) null else without(memory, parts, taken)
}

/** The parts that are not taken, with what stands between two of them. */
private fun without(
    memory: String,
    parts: List<String>,
    taken: List<Boolean>,
): String {
    val rest = StringBuilder()
    var end = 0
    var isNext = false
    for ((place, part) in parts.withIndex()) {
        val start = memory.indexOf(part, end)
        if (!taken[place]) {
            if (isNext) rest.append(memory, end, start) else if (rest.isNotEmpty()) rest.append(' ')
            rest.append(part)
        }
        end = start + part.length
        isNext = !taken[place]
    }
    return rest.toString()
}
