package org.memlora.operations

import org.memlora.files.JsonArray
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.jsonText
import org.memlora.text.stripBlanks

/** What may become of a memory. */
public val EVENTS: List<String> = listOf("ADD", "UPDATE", "DELETE", "NONE")

/** [memories] are numbered by their place (0..n-1), [facts] are new. */
public data class UpdateInput(public val memories: List<String>, public val facts: List<String>)

/** One row of the output: [id] is the place of an old memory as a string, or the next free number for ADD. */
public data class MemoryEvent(public val id: String, public val text: String, public val event: String)

/** update: near memories + new facts -> what to add, change, forget or leave. */
public val UPDATE: Operation<UpdateInput, List<MemoryEvent>> =
    Operation(
        name = "update",
        readInput = { row -> UpdateInput(row.texts("memories"), row.texts("facts")) },
        render = ::renderMemories,
        renderOutput = ::renderEvents,
        parse = ::parseEvents,
        fallback = ::allAdded,
        likely = { given -> allAdded(given) + given.memories.mapIndexed { i, text -> MemoryEvent("$i", text, "NONE") } },
    )

/** Numbered memories, then the new facts as a list. */
private fun renderMemories(given: UpdateInput): String {
    val memories = given.memories.mapIndexed { i, text -> "$i: ${oneLine(text)}" }
    val facts = given.facts.map { "- ${oneLine(it)}" }
    return (listOf("memories:") + memories + "facts:" + facts).joinToString("\n")
}

/** Compact JSON, as trained; `old_memory` is left out because the id tells it. */
private fun renderEvents(events: List<MemoryEvent>): String {
    val rows = events.map { event ->
        val row = linkedMapOf("id" to event.id, "text" to event.text, "event" to event.event)
        JsonObject(row.mapValues { JsonString(it.value) })
    }
    return jsonText(JsonObject(mapOf("memory" to JsonArray(rows))), COMPACT)
}

/** Rows in order; a row with another event or a missing key makes the whole text unparsable. */
private fun parseEvents(text: String): List<MemoryEvent> {
    val shape = "{\"memory\":[{id,text,event}]}"
    return parseItems(text, "memory", shape).map { item ->
        val row = item as? JsonObject
        val (id, said, event) = listOf("id", "text", "event").map { key ->
            row?.get(key).asText() ?: throw UnparsableException("expected $shape, got '$text'")
        }
        if (event !in EVENTS) throw UnparsableException("expected events out of $EVENTS, got '$text'")
        MemoryEvent(id, stripBlanks(said), event)
    }
}

/** Nothing a user said is lost: every new fact is added. */
private fun allAdded(given: UpdateInput): List<MemoryEvent> =
    given.facts.mapIndexed { i, fact -> MemoryEvent("${given.memories.size + i}", fact, "ADD") }
