package org.memlora.store

import java.io.Closeable
import java.io.File
import java.math.BigInteger
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.OffsetDateTime
import java.time.temporal.Temporal
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.errors.MemloraException
import org.memlora.errors.StoreException
import org.memlora.files.JsonArray
import org.memlora.files.JsonBoolean
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNull
import org.memlora.files.JsonNumber
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.files.parseJson
import org.memlora.images.source
import org.memlora.parts.Embeddings
import org.memlora.retrieval.Retrieval
import org.memlora.store.forms.Photo
import org.memlora.store.forms.Said
import org.memlora.store.forms.exchangeKey

/** Does the operations of `tests/stores/operations.py` on a store whose clock is the operation's moment. */
internal class Replayer(path: File) : Closeable {
    private var now: Instant = Instant.EPOCH
    val store = Store(path, DRIVER, CongruenceEmbedder, clock = { now })
    private val retrieval = Retrieval(store)

    /** A sentence for each operation of the file whose answer is another one. */
    fun replay(operations: File): List<String> =
        operations.readLines().mapIndexedNotNull { place, line ->
            val row = parseJson(line.toByteArray(), "operations") as JsonObject
            val (given, wanted) = answer(row) to numbers(row["answer"]!!)
            if (given == wanted) null else "operation $place (${text(row, "do")}): expected $wanted, got $given"
        }

    override fun close() = store.close()

    private fun answer(line: JsonObject): JsonValue {
        now = OffsetDateTime.parse(text(line, "at")).toInstant()
        return try {
            done(line, text(line, "user"))
        } catch (e: MemloraException) {
            val name =
                when (e) {
                    is ConfigException -> "ConfigError"
                    is ContractException -> "ContractError"
                    is StoreException -> "StoreError"
                    else -> throw e
                }
            JsonString(name)
        }
    }

    private fun done(line: JsonObject, user: String): JsonValue =
        when (text(line, "do")) {
            "put" -> put(line, user)
            "add" -> add(line, user)
            "update" -> none { store.updateMemory(user, id(line, "id")!!, text(line, "text"), day(line), vector(text(line, "text")), ids(line, "turns"), source(line)) }
            "attribute" -> none { store.attribute(user, id(line, "id")!!, source(line)!!) }
            "supersede" -> none { store.supersede(user, id(line, "id")!!, id(line, "by"), day(line), ids(line, "turns")) }
            "forget" -> store.forgetMemories(user, ids(line, "ids")).let { list(longs(it.memories), longs(it.turns), longs(it.keptTurns)) }
            "forget_session" -> {
                val gone = store.forgetSession(user, text(line, "session"), line["with_memories"] == JsonBoolean(true))
                list(longs(gone.memories), longs(gone.turns), longs(gone.keptTurns))
            }
            "forget_user" -> store.forgetUser(user).let { list(longs(it.memories), longs(it.turns)) }
            "undo" -> {
                val undone = store.undo(user, CongruenceEmbedder::embed)
                list(texts(undone.said), longs(undone.forgotten.sorted()), longs(undone.restored.sorted()))
            }
            "reindex" -> whole(store.reindex(CongruenceEmbedder, 7).toLong())
            "photo" -> photo(line, user)
            "photos" -> photos(user)
            "forget_photo" ->
                store.forgetPhotos(user, ids(line, "ids")).let { list(longs(it.memories), longs(it.turns), longs(it.photos)) }
            "list" -> JsonArray(store.memories(user, day(line), includePast = true).map(::shown))
            "history" -> history(user, id(line, "id")!!)
            "owner" -> list(JsonString(store.owner(user)), texts(store.speakers(user)))
            else -> search(line, user)
        }

    private fun put(line: JsonObject, user: String): JsonValue {
        val said = (line["said"] as JsonArray).items.map { row -> (row as JsonArray).items.map { (it as JsonString).value } }
        val messages = said.map { (role, speaker, text) -> Said(role, speaker, text) }
        val day = day(line)
        val key = exchangeKey(text(line, "session"), day, text(line, "place"), messages)
        val state = State.entries.first { it.words == text(line, "state") }
        val vectors = if (messages.isNotEmpty() && state == State.STORED) messages.map { vector(it.text) } else null
        val reason = if (vectors == null) "no JSON" else null
        val moment = moment(textOrNull(line, "moment")) ?: day
        return longs(store.putExchange(user, key, text(line, "session"), moment, messages, state, reason, vectors))
    }

    private fun add(line: JsonObject, user: String): JsonValue {
        val text = text(line, "text")
        val labels = Labels(textOrNull(line, "agent"), null, (line["metadata"] as JsonObject).entries)
        val source = source(line)
        val (from, to) = day(line, "from") to day(line, "to")
        return whole(store.addMemory(user, text, day(line), vector(text), ids(line, "turns"), source, from, to, labels))
    }

    private fun photo(line: JsonObject, user: String): JsonValue {
        val (kind, seed, width, height) = (line["picture"] as JsonArray).items
        val (wide, high) = listOf(width, height).map { (it as JsonInteger).saturated.toInt() }
        val photo = Photo(source((kind as JsonString).value, (seed as JsonInteger).saturated.toInt(), wide, high))
        val kept = store.putPhotos(user, ids(line, "turns"), listOf(photo))
        store.putPhotoRows(photo.name, "encoder", vector(photo.name).let { Embeddings(it, it.size / 4) })
        return longs(kept)
    }

    private fun photos(user: String): JsonValue {
        val memories = store.memories(user, includePast = true).map { it.id }
        val turns = store.turns(user).map { it.id }
        val found = listOf(store.photosBehind(user, memories), store.photosWith(user, turns), store.photosBeside(user, turns))
        val shown = store.photos(user).map { list(whole(it.id), JsonString(it.name), JsonString(it.caption)) }
        val told = found.map { each -> JsonArray(each.toSortedMap().map { list(whole(it.key), longs(it.value)) }) }
        return JsonArray(listOf(JsonArray(shown)) + told)
    }

    private fun history(user: String, memory: Long): JsonValue {
        val rows =
            store.history(user, memory).map {
                list(whole(it.id), string(it.oldMemory), string(it.newMemory), JsonString(it.event), string(it.source?.words))
            }
        return list(JsonArray(rows), longs(store.provenance(user, memory).map { it.id }))
    }

    private fun search(line: JsonObject, user: String): JsonValue {
        val query = text(line, "query")
        val limit = id(line, "limit")!!.toInt()
        val kind = Kind.entries.first { it.words == text(line, "kind") }
        val hits = retrieval.search(user, query, vector(query), limit, kind)
        val near = retrieval.near(user, vector(query), limit, kind)
        val found = listOf(hits, near).map { each -> JsonArray(each.map { list(whole(it.id), JsonNumber(it.score)) }) }
        return list(found[0], found[1], longs(retrieval.byWords(user, query, limit, kind)))
    }
}

private fun shown(memory: StoredMemory): JsonValue =
    list(
        whole(memory.id),
        JsonString(memory.text),
        JsonString(if (memory.isPast) "past" else "live"),
        string(memory.validTo?.toString()),
        string(memory.source?.words),
    )

private fun none(action: () -> Unit): JsonValue {
    action()
    return JsonNull
}

private fun text(line: JsonObject, name: String): String = (line[name] as JsonString).value

private fun textOrNull(line: JsonObject, name: String): String? = (line[name] as? JsonString)?.value

private fun source(line: JsonObject): Source? = textOrNull(line, "source")?.let(Source::of)

private fun id(line: JsonObject, name: String): Long? = (line[name] as? JsonInteger)?.saturated

private fun ids(line: JsonObject, name: String): List<Long> = (line[name] as JsonArray).items.map { (it as JsonInteger).saturated }

private fun day(line: JsonObject, name: String = "day"): LocalDate? = textOrNull(line, name)?.let(LocalDate::parse)

private fun moment(text: String?): Temporal? =
    if (text == null) null else if ('+' in text) OffsetDateTime.parse(text) else LocalDateTime.parse(text)

/** Python's hexadecimal numbers as numbers. */
private fun numbers(value: JsonValue): JsonValue =
    when {
        value is JsonArray -> JsonArray(value.items.map(::numbers))
        value is JsonString && Regex("-?0x[01][.].*p.*").matches(value.value) -> JsonNumber(value.value.toDouble())
        else -> value
    }

private fun list(vararg items: JsonValue) = JsonArray(items.asList())

private fun longs(ids: List<Long>) = JsonArray(ids.map(::whole))

private fun texts(texts: List<String>) = JsonArray(texts.map(::JsonString))

private fun whole(value: Long) = JsonInteger(BigInteger.valueOf(value))

private fun string(text: String?): JsonValue = text?.let(::JsonString) ?: JsonNull
