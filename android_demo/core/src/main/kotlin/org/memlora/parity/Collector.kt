package org.memlora.parity

import org.memlora.bundle.Watch
import org.memlora.decoding.Decoded
import org.memlora.engines.Engine
import org.memlora.files.JsonArray
import org.memlora.files.JsonBoolean
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.parts.Part
import org.memlora.parts.TokenPlace
import org.memlora.parts.toPlaces

private const val ROW = -1 // stands for a row of embeddings

/** Keeps the calls of the experts that it watches, as docs/parity-trace.md tells them. */
internal class Collector : Watch {
    private val engines = HashMap<String, TracedEngine>()
    private var calls = ArrayList<JsonObject>()

    override fun opened(
        operation: String,
        engine: Engine,
    ): Engine = TracedEngine(engine).also { engines[operation] = it }

    override fun decoded(
        operation: String,
        prompt: List<Part>,
        decoded: Decoded,
    ) {
        val engine = engines.getValue(operation)
        val fed = toPlaces(prompt).map { if (it is TokenPlace) it.id else ROW }
        calls +=
            JsonObject(
                mapOf(
                    "operation" to JsonString(operation),
                    "exact" to JsonBoolean(engine.exactMultiToken),
                    "prompt" to numbers(fed),
                    "tokens" to numbers(decoded.tokens),
                    "cut" to JsonBoolean(decoded.isCut),
                    "steps" to JsonArray(engine.tops(fed.size - 1).map { (place, top) -> step(place, top) }),
                ),
            )
    }

    /** The calls since the last time. */
    fun take(): JsonArray = JsonArray(calls).also { calls = ArrayList() }
}

private fun numbers(values: List<Int>) = JsonArray(values.map(::json))

private fun step(
    place: Int,
    top: List<Logit>,
) = JsonArray(listOf(json(place), JsonArray(top.map { JsonArray(listOf(json(it.token), hexFloat(it.value))) })))

/** As C and Python's `float.fromhex` read it. */
private fun hexFloat(value: Float) = JsonString(java.lang.Double.toHexString(value.toDouble()))
