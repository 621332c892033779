package org.memlora.engine

import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OnnxValue
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtLoraAdapter
import ai.onnxruntime.OrtSession
import org.memlora.engines.Engine
import org.memlora.engines.EngineFiles
import org.memlora.engines.EngineKey
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.parts.Embeddings
import org.memlora.parts.Part
import org.memlora.parts.Tokens
import org.memlora.progress.Cancellation
import java.nio.Buffer
import java.nio.FloatBuffer
import java.nio.LongBuffer
import java.nio.file.Path

private const val CHUNK_TOKENS = 256 // attention scores every pair of rows of a call, later ones too; longer calls are no faster

/**
 * One operation on a shared session: its own KV buffers, its adapter in its own run options.
 *
 * The KV is written by position, so feeding after a rewind overwrites. The int4 kernel adds a single row in another order
 * than two or more, and nothing else depends on how many there are: [paired] gives it a lone token, and a lone row of
 * logits, twice, which costs a step about a quarter more and makes the engine exact over several tokens. The second token
 * needs a place in the KV, so the context is one token shorter.
 */
internal class OrtEngine(
    private val model: OrtModel,
    files: EngineFiles,
    private val adapter: OrtLoraAdapter?,
    key: EngineKey,
    private val paired: Boolean,
) : Engine(key, files.vocabSize, files.contextLength - if (paired) 1 else 0) {
    private val options = OrtSession.RunOptions().also { if (adapter != null) it.addActiveLoraAdapter(adapter) }
    private val kv = KvCache(files)
    private val inputs = LinkedHashMap<String, OnnxTensor>()
    private val outputs = LinkedHashMap<String, OnnxValue>()
    private var scratch = directBytes(0).asFloatBuffer() // the logits of a call

    override val exactMultiToken: Boolean get() = paired
    override val embeddingWidth: Int get() = model.embeddingWidth

    override fun run(tokens: IntArray, past: Int, positions: IntArray, cancellation: Cancellation?): List<FloatArray> =
        run(tokens, past, positions, cancellation, options)

    /** Rows are given beside the tokens, in which V + r stands for row r. */
    override fun runParts(parts: List<Part>, past: Int, positions: IntArray, cancellation: Cancellation?): List<FloatArray> {
        val seen = parts.filterIsInstance<Embeddings>()
        if (seen.isEmpty()) return super.runParts(parts, past, positions, cancellation)
        var free = vocabSize
        val ids = parts.flatMap { part ->
            when (part) {
                is Tokens -> part.ids
                is Embeddings -> List(part.count) { free++ }
            }
        }
        return OrtRows(seen, adapter).use { run(ids.toIntArray(), past, positions, cancellation, it.options) }
    }

    private fun run(
        tokens: IntArray,
        past: Int,
        positions: IntArray,
        cancellation: Cancellation?,
        options: OrtSession.RunOptions,
    ): List<FloatArray> {
        val parts = (tokens.size + CHUNK_TOKENS - 1) / CHUNK_TOKENS
        val cuts = (0..parts).map { tokens.size * it / parts }
        return cuts.zipWithNext().flatMap { (first, end) ->
            val rows = positions.filter { it in first until end }.map { it - first }.toIntArray()
            call(tokens.copyOfRange(first, end), past + first, rows, cancellation, options)
        }
    }

    private fun call(
        tokens: IntArray,
        past: Int,
        positions: IntArray,
        cancellation: Cancellation?,
        options: OrtSession.RunOptions,
    ): List<FloatArray> {
        val rows = twice(if (positions.isEmpty()) intArrayOf(0) else positions)
        val fed = twice(tokens)
        if (kv.reserve(past + fed.size, past)) {
            for ((name, tensor) in kv.tensors) {
                inputs["past.$name"] = tensor
                outputs["present.$name"] = tensor
            }
        }
        val logits = reserveLogits(rows.size)
        val made = listOf(
            integers(fed, 1, fed.size.toLong()),
            integers(intArrayOf(past), 1),
            integers(rows, rows.size.toLong()),
            OnnxTensor.createTensor(environment, logits, longArrayOf(1, rows.size.toLong(), vocabSize.toLong())),
        )
        try {
            STEP.forEachIndexed { i, name -> inputs[name] = made[i] }
            outputs["logits"] = made.last()
            if (cancellation == null) run(options) else cancellation.during({ options.setTerminate(true) }) { run(options) }
        } finally {
            if (cancellation?.isCancelled == true) options.setTerminate(false)
            made.forEach(OnnxTensor::close)
        }
        return List(positions.size) { row ->
            (logits as Buffer).position(row * vocabSize)
            FloatArray(vocabSize).also(logits::get)
        }
    }

    private fun run(options: OrtSession.RunOptions) {
        model.running { model.session.run(inputs, emptySet(), outputs, options).close() } // what is pinned stays open
    }

    private fun twice(numbers: IntArray): IntArray = if (paired && numbers.size == 1) numbers + numbers else numbers

    private fun reserveLogits(rows: Int): FloatBuffer {
        if (scratch.capacity() < rows * vocabSize) scratch = directBytes(Float.SIZE_BYTES * rows * vocabSize).asFloatBuffer()
        (scratch as Buffer).clear().limit(rows * vocabSize)
        return scratch
    }

    private fun integers(numbers: IntArray, vararg shape: Long): OnnxTensor {
        val buffer: LongBuffer = directBytes(Long.SIZE_BYTES * numbers.size).asLongBuffer()
        numbers.forEach { buffer.put(it.toLong()) }
        (buffer as Buffer).rewind()
        return OnnxTensor.createTensor(environment, buffer, shape)
    }

    override fun close() {
        options.close()
        adapter?.close()
        kv.close()
    }

    private companion object {
        val STEP = listOf("tokens", "past_length", "logit_positions")
    }
}

/** The adapter in [file]; throws [BundleException] where ONNX Runtime refuses it. */
internal fun loadAdapter(file: Path): OrtLoraAdapter =
    try {
        OrtLoraAdapter.create(file.toString())
    } catch (e: OrtException) {
        throw BundleException(
            "cannot load ${file.fileName}: expected an adapter of ONNX Runtime ${environment.version}, got ${e.message}; " +
                "export the bundle again",
            Reason.UNLINKABLE_PARTS,
            e,
        )
    }
