package org.memlora.app.memories

import org.json.JSONArray
import org.json.JSONObject
import org.memlora.app.assistant.Story

private const val INDENT = 2

/** Everything that is known, as JSON for people and programs: each memory, its changes, and the words it came from. */
internal fun exported(stories: List<Story>): String = JSONObject()
    .put("format", "memlora memories 1")
    .put("memories", JSONArray(stories.map { memory(it) }))
    .toString(INDENT)

private fun memory(story: Story): JSONObject = JSONObject()
    .put("memory", story.memory.text)
    .put("date", story.memory.day?.toString() ?: JSONObject.NULL)
    .put("person", story.memory.person)
    .put("state", if (story.memory.isPast) "past" else "live")
    .put("replaced", JSONArray(story.replaced))
    .put(
        "history",
        JSONArray(
            story.changes.map {
                JSONObject().put("event", it.event).put("before", it.before ?: JSONObject.NULL)
                    .put("after", it.after ?: JSONObject.NULL).put("at", it.at)
            },
        ),
    )
    .put(
        "turns",
        JSONArray(
            story.turns.map {
                JSONObject().put("speaker", it.speaker).put("text", it.text).put("date", it.day?.toString() ?: JSONObject.NULL)
            },
        ),
    )
