package org.memlora.parity

import androidx.sqlite.SQLiteDriver
import org.memlora.bundle.Bundle
import org.memlora.bundle.Experts
import org.memlora.bundle.openEmbedder
import org.memlora.bundle.openImageEncoder
import org.memlora.decoding.EngineSession
import org.memlora.decoding.generate
import org.memlora.engines.Kind
import org.memlora.errors.BundleException
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.errors.ImageException
import org.memlora.errors.MemloraException
import org.memlora.errors.StoreException
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNull
import org.memlora.files.JsonObject
import org.memlora.files.JsonValue
import org.memlora.memory.Memory
import org.memlora.memory.photos.Sight
import org.memlora.memory.readLabels
import org.memlora.parts.Tokens
import org.memlora.store.Store
import java.io.File
import java.time.Instant
import java.time.OffsetDateTime

private const val PROTOCOL = 2

/**
 * Answers the requests of docs/parity-trace.md in order, so that Python can judge this runtime: on a JVM or on a phone.
 *
 * The conversation is kept in the new store [path]; [runtime] is its name with versions. Nothing here judges.
 */
public class Performer(
    private val bundle: Bundle,
    private val kind: Kind,
    private val driver: SQLiteDriver,
    private val path: File,
    private val runtime: String,
) : AutoCloseable {
    private val watch = Collector()
    private val shared = HashMap<String, Any>()
    private var golden: Pair<String, EngineSession>? = null
    private var opened: Memory? = null
    private var now: Instant = Instant.EPOCH

    /** Closes store and engines. */
    override fun close() {
        golden?.second?.engine?.close()
        opened?.close()
        shared.values.filterIsInstance<AutoCloseable>().forEach { it.close() }
    }

    /** The answer to one request; throws [ConfigException] for what is none. */
    public fun respond(request: JsonObject): JsonObject {
        val asked = Asked(request)
        now = OffsetDateTime.parse(asked.text("at")).toInstant()
        val told =
            try {
                json("result" to perform(asked))
            } catch (e: MemloraException) {
                json("error" to errorName(e), "message" to e.message)
            }
        return JsonObject(json("id" to asked.id, "kind" to asked.kind, "calls" to watch.take()).entries + told.entries)
    }

    private fun perform(asked: Asked): JsonValue =
        when (asked.kind) {
            "hello" ->
                json(
                    "protocol" to PROTOCOL,
                    "bundle" to bundle.sha256,
                    "script" to asked.text("script"),
                    "runtime" to runtime,
                )
            "golden" -> nothing { decode(asked) }
            "rows" -> tableOf(memory().store, asked.text("table"))
            "end" -> json("requests" to (asked.id as JsonInteger).saturated + 1)
            else -> converse(asked, memory())
        }

    private fun converse(
        asked: Asked,
        memory: Memory,
    ): JsonValue =
        when (asked.kind) {
            "add" -> told(add(asked, memory))
            "ask" ->
                told(memory.ask(asked.text("question"), asked.user, askedOn = asked.date, asker = asked.text("asker", "")))
            "search" -> {
                val limit = asked.number("limit", DEFAULT_LIMIT).toInt()
                val found = memory.search(asked.text("query"), asked.user, limit, includePast = asked.flag("past", false))
                json(found.map(::told))
            }
            "search_photos" -> {
                val limit = asked.number("limit", DEFAULT_LIMIT).toInt()
                json(memory.searchPhotos(asked.text("query"), asked.user, limit).map(::told))
            }
            "photos" -> json(memory.store.photos(asked.user).map(::told))
            "forget_photo" -> nothing { memory.forgetPhoto(asked.photo, asked.user) }
            "list" -> json(memory.getAll(asked.user).map(::told))
            "history" -> json(memory.history(asked.memory, asked.user).map(::told))
            "edit" -> nothing { memory.update(asked.memory, asked.text("text"), asked.user) }
            "delete" -> nothing { memory.delete(asked.memory, asked.user) }
            "delete_all" -> nothing { memory.deleteAll(asked.user) }
            "undo" -> told(memory.undo(asked.user))
            else -> throw IllegalArgumentException("unknown request: expected one of docs/parity-trace.md, got '${asked.kind}'")
        }

    private fun add(
        asked: Asked,
        memory: Memory,
    ) = memory.add(
        asked.messages,
        asked.user,
        asked.date,
        asked.text("session", ""),
        asked.text("place", ""),
        asked.flag("imported", false),
        readLabels(asked.textOrNull("agent_id"), asked.textOrNull("run_id"), asked.metadata),
        asked.flag("infer", true),
        images = asked.images,
    )

    private fun decode(asked: Asked) {
        val name = asked.text("operation")
        val prompt = bundle.prompt(name)
        if (golden?.first != name) {
            golden?.second?.engine?.close()
            val engine = kind.openEngine(bundle.engineFiles(name), shared, exact = true)
            golden = name to EngineSession(watch.opened(name, engine), listOf(Tokens(prompt.prefixTokens)))
        }
        val fed = asked.prompt
        val session = checkNotNull(golden).second
        val decoded = generate(session, fed, bundle.grammar(name), prompt.stopTokens, prompt.maxNewTokens)
        watch.decoded(name, fed, decoded)
    }

    private fun memory(): Memory =
        opened ?: run {
            golden?.second?.engine?.close() // its KV is as large as that of the engine which now takes its place
            golden = null
            lateinit var sight: Sight
            val experts = Experts.ofMemory(bundle, kind, watch) { sight.rowsOf(it) }
            val embedder = openEmbedder(bundle, kind)
            val store = Store(path, driver, embedder, clock = { now })
            sight = Sight({ openImageEncoder(bundle, kind) }, store)
            val close = {
                experts.close()
                embedder.close()
                sight.close()
            }
            Memory(experts, embedder, store, bundle.prompt("generate").retrieveK, sight = sight, onClose = close).also { opened = it }
        }

    private companion object {
        const val DEFAULT_LIMIT = 10L
    }
}

/** What a request without a result answers once it is [done]. */
private fun nothing(done: () -> Unit): JsonValue {
    done()
    return JsonNull
}

/** Python's name of the class. */
private fun errorName(error: MemloraException): String =
    when (error) {
        is ConfigException -> "ConfigError"
        is BundleException -> "BundleError"
        is ContractException -> "ContractError"
        is ImageException -> "ImageError"
        is StoreException -> "StoreError"
    }
