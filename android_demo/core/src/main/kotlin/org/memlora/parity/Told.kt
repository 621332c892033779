package org.memlora.parity

import org.memlora.files.JsonArray
import org.memlora.files.JsonBoolean
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNull
import org.memlora.files.JsonNumber
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.memory.Answer
import org.memlora.memory.Applied
import org.memlora.memory.Empty
import org.memlora.memory.Failed
import org.memlora.memory.Outcome
import org.memlora.memory.Recalled
import org.memlora.memory.RecalledPhoto
import org.memlora.memory.RecalledTurn
import org.memlora.memory.Stored
import org.memlora.store.HistoryRow
import org.memlora.store.StoredMemory
import org.memlora.store.StoredPhoto
import org.memlora.store.Undone
import java.math.BigInteger

// What the memory gives back, in the shapes of docs/parity-trace.md.

internal fun told(outcome: Outcome): JsonObject = withPhotos(plain(outcome), outcome.photos)

private fun plain(outcome: Outcome): JsonObject =
    when (outcome) {
        is Stored -> json("status" to "stored", "results" to outcome.events.map(::told), "ungrounded" to outcome.ungrounded)
        is Empty -> json("status" to "empty", "reason" to outcome.reason, "results" to emptyList<Any>())
        is Failed -> json("status" to "failed", "reason" to outcome.reason, "results" to emptyList<Any>())
    }

private fun told(event: Applied) =
    json("id" to event.id, "memory" to event.memory, "event" to event.event, "previous_memory" to event.previousMemory)

internal fun told(answer: Answer): JsonObject {
    val looked = answer.photo?.let { json("photo" to told(it), "reason" to answer.reason).entries }.orEmpty()
    return JsonObject(looked + plain(answer).entries)
}

private fun plain(answer: Answer) =
    json(
        "answer" to answer.text,
        "memories" to answer.memories.map(::told),
        "turns" to answer.turns.map(::told),
        "used" to answer.used.map { it.turn.id },
        "likely" to answer.likely?.let(::told),
    )

internal fun told(found: Recalled): JsonObject = JsonObject(told(found.memory).entries + ("score" to json(found.score)))

private fun told(found: RecalledTurn): JsonObject =
    json(
        "id" to found.turn.id,
        "text" to found.turn.text,
        "speaker" to found.turn.speaker,
        "role" to found.turn.role,
        "date" to found.turn.day,
        "score" to found.score,
    )

internal fun told(found: RecalledPhoto): JsonObject = JsonObject(told(found.photo).entries + ("score" to json(found.score)))

internal fun told(photo: StoredPhoto): JsonObject =
    json(
        "id" to photo.id,
        "sha256" to photo.name,
        "caption" to photo.caption,
        "date" to photo.day,
        "created_at" to photo.createdAt,
    )

private fun withPhotos(
    told: JsonObject,
    photos: List<Long>,
) = if (photos.isEmpty()) told else JsonObject(told.entries + ("photos" to json(photos)))

internal fun told(memory: StoredMemory): JsonObject =
    json(
        "id" to memory.id,
        "memory" to memory.text,
        "user_id" to memory.userId,
        "date" to memory.day,
        "created_at" to memory.createdAt,
        "updated_at" to memory.updatedAt,
        "state" to if (memory.isPast) "past" else "live",
        "valid_from" to memory.validFrom,
        "valid_to" to memory.validTo,
        "superseded_by" to memory.supersededBy,
        "source" to memory.source?.words,
        "agent_id" to memory.labels.agentId,
        "run_id" to memory.labels.runId,
        "metadata" to JsonObject(memory.labels.metadata),
    )

internal fun told(row: HistoryRow): JsonObject =
    json(
        "id" to row.id,
        "memory_id" to row.memoryId,
        "old_memory" to row.oldMemory,
        "new_memory" to row.newMemory,
        "event" to row.event,
        "created_at" to row.createdAt,
        "source" to row.source?.words,
    )

internal fun told(undone: Undone): JsonObject =
    json("said" to undone.said, "forgotten" to undone.forgotten, "restored" to undone.restored)

internal fun json(vararg entries: Pair<String, Any?>): JsonObject = JsonObject(entries.associate { (key, value) -> key to json(value) })

/** Whole numbers and fractions, texts (days as such), booleans, lists, null; what is JSON already stays. */
internal fun json(value: Any?): JsonValue =
    when (value) {
        null -> JsonNull
        is JsonValue -> value
        is Boolean -> JsonBoolean(value)
        is Double -> JsonNumber(value)
        is Number -> JsonInteger(BigInteger.valueOf(value.toLong()))
        is List<*> -> JsonArray(value.map(::json))
        else -> JsonString(value.toString())
    }
