package org.memlora.runner

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import org.memlora.bundle.Bundle
import org.memlora.bundle.Experts
import org.memlora.bundle.openEmbedder
import org.memlora.engine.OrtKind
import org.memlora.files.JsonArray
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNumber
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.files.jsonText
import org.memlora.files.parseJson
import org.memlora.memory.Memory
import org.memlora.memory.Stored
import org.memlora.operations.Message
import org.memlora.store.Store
import java.io.File
import java.math.BigInteger
import java.nio.file.Paths
import java.time.LocalDate

/**
 * Memory turns of `python -m benchmarks.jvm`: each line on stdin tells an exchange and a question, each on stdout how long
 * remembering and asking took by the clock and of the processor, how much of it the engines computed, and what came of it.
 */
internal object Turns {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (folder, store) = arguments
        val kind = TimedKind(OrtKind)
        open(Bundle.open(Paths.get(folder)), File(store), kind).use { memory ->
            for (line in System.`in`.bufferedReader().lineSequence()) {
                val turn = parseJson(line.encodeToByteArray(), "turn") as JsonObject
                println(jsonText(done(turn, memory, kind)))
            }
        }
    }

    private fun open(bundle: Bundle, store: File, kind: TimedKind): Memory {
        val experts = Experts.ofMemory(bundle, kind, kind)
        val embedder = openEmbedder(bundle, kind)
        val close = {
            experts.close()
            embedder.close()
        }
        return Memory(experts, embedder, Store(store, BundledSQLiteDriver(), embedder), bundle.prompt("generate").retrieveK, onClose = close)
    }

    private fun done(turn: JsonObject, memory: Memory, kind: TimedKind): JsonValue {
        val messages = (turn["messages"] as JsonArray).items.map { item ->
            val said = item as JsonObject
            Message(said.text("role"), said.text("name"), said.text("content"))
        }
        val day = LocalDate.parse(turn.text("date"))
        val user = turn.text("user")
        val (memories, adding) = timed {
            val outcome = memory.add(messages, user, day, turn.text("session"), turn.text("place"))
            (outcome as? Stored)?.events.orEmpty().map { "${it.event} ${it.memory}" }
        }
        val (answer, asking) = timed { memory.ask(turn.text("question"), user, asker = turn.text("asker")).text }
        val (engines, calls) = kind.take()
        return JsonObject(
            mapOf(
                "add_ms" to JsonNumber(adding.clockMs),
                "ask_ms" to JsonNumber(asking.clockMs),
                "engine_ms" to JsonNumber(engines.clockMs),
                "busy_ms" to JsonNumber((adding + asking).busyMs),
                "engine_busy_ms" to JsonNumber(engines.busyMs),
                "memories" to JsonArray(memories.map(::JsonString)),
                "answer" to JsonString(answer),
                "calls" to JsonArray(calls.map(::told)),
            ),
        )
    }

    private fun told(call: Call) = JsonObject(
        mapOf(
            "operation" to JsonString(call.operation),
            "prompt" to numbers(call.prompt),
            "written" to numbers(call.written),
        ),
    )

    private fun numbers(tokens: List<Int>) = JsonArray(tokens.map { JsonInteger(BigInteger.valueOf(it.toLong())) })

    private fun JsonObject.text(key: String) = (getValue(key) as JsonString).value

    private fun JsonObject.getValue(key: String): JsonValue = checkNotNull(this[key]) { "no $key in the turn" }
}
