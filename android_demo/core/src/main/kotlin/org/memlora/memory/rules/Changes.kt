package org.memlora.memory.rules

import org.memlora.operations.MemoryEvent

/**
 * Events for [facts] beside near [memories], which they name by their places.
 *
 * A fact that tells the relation of a memory anew updates the newest such one; one that takes memories back ends them
 * and is added itself, as it may say what holds now; any other is added. Of a memory of several sentences those that
 * the fact does not touch stay, as an update to themselves; its place names those for the facts that follow.
 */
public fun decideChanges(
    memories: List<String>,
    facts: List<String>,
): List<MemoryEvent> {
    val held = memories.toMutableList()
    val events = ArrayList<MemoryEvent>()
    val changed = HashSet<Int>()
    for (fact in facts) {
        val openPlaces = held.indices.filter { it !in changed }
        val rests = openPlaces.associateWith { remaining(held[it], fact) }
        val relations = openPlaces.associateWith { compare(held[it], fact) }
        val same = openPlaces.lastOrNull { relations[it] == Relation.SAME }
        val ended = openPlaces.filter { relations[it] == Relation.RETRACTS || rests[it] == "" }
        if (same != null) changed.add(same)
        changed.addAll(ended)
        for (place in ended) events.add(MemoryEvent("$place", held[place], "DELETE"))
        for ((place, rest) in rests) {
            if (rest.isNullOrEmpty()) continue
            events.add(MemoryEvent("$place", rest, "UPDATE"))
            held[place] = rest
        }
        events.add(if (same != null) MemoryEvent("$same", fact, "UPDATE") else MemoryEvent("${held.size}", fact, "ADD"))
    }
    return events
}
