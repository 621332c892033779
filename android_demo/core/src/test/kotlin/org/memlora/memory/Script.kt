package org.memlora.memory

import org.memlora.operations.EXTRACT
import org.memlora.operations.ExtractInput
import org.memlora.operations.GENERATE
import org.memlora.operations.GenerateInput
import org.memlora.operations.Generated
import org.memlora.operations.MemoryEvent
import org.memlora.operations.OnText
import org.memlora.operations.Operation
import org.memlora.operations.SELECT
import org.memlora.operations.SelectInput
import org.memlora.operations.UPDATE
import org.memlora.operations.UpdateInput
import org.memlora.operations.VQA
import org.memlora.operations.VqaAnswer
import org.memlora.operations.VqaInput
import org.memlora.operations.WritingGenerator
import org.memlora.progress.Cancellation
import org.memlora.store.Embedder
import kotlin.math.sqrt

private val STARRED = Regex("\\*(.*?)\\*")

/** Every sentence between stars is a fact. */
internal fun factsSaid(given: ExtractInput): List<String> =
    given.messages.flatMap { message -> STARRED.findAll(message.text).map { it.groupValues[1] } }

/** Every fact is new. */
internal fun addAll(given: UpdateInput): List<MemoryEvent> = given.facts.map { MemoryEvent("99", it, "ADD") }

/** A generator whose operations are functions; texts over [room] letters do not fit. What it was given stays in [seen]. */
internal class Script(
    private val extract: (ExtractInput) -> List<String> = ::factsSaid,
    private val update: (UpdateInput) -> List<MemoryEvent> = ::addAll,
    private val generate: (GenerateInput) -> String = { it.memories.firstOrNull()?.text ?: "?" },
    private val select: ((SelectInput) -> List<Int>)? = null,
    private val room: Int = Int.MAX_VALUE,
    private val isCut: Boolean = false,
    private val look: ((VqaInput) -> VqaAnswer)? = null,
) : WritingGenerator {
    val seen = ArrayList<Any?>()

    override val operations: Collection<String> =
        (if (select == null) listOf("extract", "update", "generate") else listOf("select", "generate")) +
            if (look == null) emptyList() else listOf("vqa")

    @Suppress("UNCHECKED_CAST") // the output is the operation's
    override fun <In, Out> run(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation?,
    ): Generated<Out> {
        check(fits(operation, given))
        cancellation?.check()
        seen += given
        val made: Any =
            when (operation as Operation<*, *>) {
                EXTRACT -> extract(given as ExtractInput)
                UPDATE -> update(given as UpdateInput)
                SELECT -> checkNotNull(select)(given as SelectInput)
                GENERATE -> generate(given as GenerateInput)
                VQA -> checkNotNull(look)(given as VqaInput)
                else -> error("no such operation")
            }
        return Generated(made as Out, isCut)
    }

    override fun <In, Out> write(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation?,
        onText: OnText,
    ): Generated<Out> {
        val generated = run(operation, given, cancellation)
        val text = operation.renderOutput(generated.value)
        for (end in 1..text.length) {
            if (!onText.told(text.substring(0, end))) return Generated(operation.parse(text.substring(0, end)), true)
        }
        return generated
    }

    override fun <In> fits(
        operation: Operation<In, *>,
        given: In,
    ): Boolean = operation.render(given).length <= room
}

/** A bag of words hashed into 64 places: texts that share words are near. */
class WordEmbedder : Embedder {
    override val id: String = "words"
    override val dimension: Int = 64

    override fun embed(texts: List<String>): List<FloatArray> =
        texts.map { text ->
            val counts = FloatArray(dimension) { 1e-3f }
            for (word in text.lowercase().split(Regex("\\W+"))) {
                if (word.isNotEmpty()) counts[Math.floorMod(word.hashCode(), dimension)] += 1f
            }
            val length = sqrt(counts.sumOf { (it * it).toDouble() }).toFloat()
            FloatArray(dimension) { counts[it] / length }
        }
}
