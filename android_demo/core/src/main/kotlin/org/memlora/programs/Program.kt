package org.memlora.programs

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.charset.CharacterCodingException
import java.nio.file.Path
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Saturating
import org.memlora.files.mapFile
import org.memlora.files.part

private const val HEAD_BYTES = 64
private const val MAGIC = 0x3030686532315445L // ET12eh00
private const val LEAST_HEAD = 24
private const val MOST_BYTES = 1L shl 34 // of a program's own memory

/**
 * Throws [BundleException] (malformed bytes) unless every offset, index and size in the program at [path] holds.
 *
 * ExecuTorch ends the process where one does not. Throws [java.io.IOException] where the file cannot be read.
 */
public fun checkProgram(path: Path): Unit = checkProgramBytes(mapFile(path), path.fileName.toString())

/** As [checkProgram], of a file's bytes. */
public fun checkProgramBytes(data: ByteBuffer, name: String) {
    try {
        ProgramFile.open(data).check()
    } catch (e: ProgramFault) {
        throw malformed(name, e.message!!, e)
    } catch (e: CharacterCodingException) {
        throw malformed(name, "a name that is no UTF-8", e)
    }
}

private fun malformed(name: String, got: String, cause: Exception) =
    BundleException(
        "malformed program $name: expected an ExecuTorch program, got ${got.take(160).replace('\n', ' ')}; " +
            "export the bundle again",
        Reason.MALFORMED_BYTES,
        cause,
    )

internal fun <T> within(index: Long, items: List<T>, what: String): T {
    if (index < 0 || index >= items.size) throw ProgramFault("$what $index of ${items.size}")
    return items[index.toInt()]
}

/** A program's [root] table and where its segments lie. */
internal class ProgramFile private constructor(private val data: ByteBuffer, private val base: Long, val root: FlatTable) {
    private val segments = root.tables("segments")
    private val graphs = HashMap<Pair<Long, Long>, DelegateGraph>()
    private var delegated = 0L

    fun check() {
        for (segment in segments) {
            val end = Saturating.sum(listOf(base, segment.whole("offset"), segment.whole("size")))
            if (end > data.limit()) throw ProgramFault("a segment of ${segment.whole("size")} bytes at ${segment.whole("offset")}")
        }
        for (offsets in listOfNotNull(root.table("constant_segment")) + root.tables("mutable_segments")) {
            val places = offsets.numbers("offsets")
            if (places.isEmpty()) continue
            val held = segment(offsets.whole("segment")).limit()
            if (places.last() > held || (1 until places.size).any { places[it - 1] > places[it] }) {
                throw ProgramFault("offsets of constants that do not rise within their segment")
            }
        }
        for (named in root.tables("named")) segment(named.whole("segment"))
        val plans = root.tables("plans")
        if (plans.isEmpty() || plans.mapTo(HashSet()) { it.text("name") }.size != plans.size) {
            throw ProgramFault("no method, or two of one name")
        }
        for (plan in plans) checkPlan(plan)
    }

    fun segment(index: Long): ByteBuffer {
        val segment = within(index, segments, "segment")
        return data.part(base + segment.whole("offset"), segment.whole("size"))
    }

    private fun checkPlan(plan: FlatTable) {
        val values = plan.tables("values")
        val buffers = plan.numbers("buffers")
        if (buffers.any { it < 0 } || Saturating.sum(buffers) > MOST_BYTES) throw ProgramFault("buffers of ${buffers.take(4)} bytes")
        val tensors = ProgramTensors(this, buffers)
        for (value in values) {
            val held = value.table("held") ?: throw ProgramFault("a value without a kind")
            when (held.kind) {
                "IntList" -> held.numbers("items").forEach { within(it, values, "value") }
                "TensorList" -> held.numbers("items").forEach { if (it != -1L) within(it, values, "value") }
                "Tensor" -> tensors.check(held)
            }
        }
        for (index in plan.numbers("inputs") + plan.numbers("outputs")) within(index, values, "value")
        val chains = plan.tables("chains")
        if (chains.isEmpty()) throw ProgramFault("no instructions")
        for (operator in plan.tables("operators")) {
            if (operator.text("name").isNullOrEmpty() || operator.text("overload") == null) {
                throw ProgramFault("an operator without a name")
            }
        }
        val calls = ProgramCalls(values.map { it.table("held")!! }, plan.tables("operators"), plan.tables("delegates").map(::delegate))
        for (chain in chains) chain.tables("instructions").forEach(calls::check)
    }

    /** A delegate's graph; one that several name is read once. */
    private fun delegate(delegate: FlatTable): DelegateGraph {
        val processed = delegate.table("processed")
        if (delegate.text("id") != "XnnpackBackend" || processed == null) {
            throw ProgramFault("a delegate of ${delegate.text("id")?.take(40)}")
        }
        val location = processed.whole("location")
        val index = processed.whole("index")
        return graphs.getOrPut(location to index) {
            val bytes =
                when (location) {
                    0L -> within(index, root.tables("inline"), "delegate's bytes").bytes("data")
                    1L -> segment(index)
                    else -> throw ProgramFault("a delegate's bytes elsewhere")
                }
            delegated += bytes.limit()
            if (delegated > MOST_LOOKS * data.limit()) throw ProgramFault("delegates in the same place")
            readDelegate(bytes)
        }
    }

    companion object {
        private const val MOST_LOOKS = 8L

        fun open(bytes: ByteBuffer): ProgramFile {
            val data = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN)
            if (data.limit() < HEAD_BYTES || data.getLong(4) != MAGIC) throw ProgramFault("no ET12eh00 at byte 4")
            val length = NumberType.UINT32.read(data, 12)
            val size = NumberType.UINT64.read(data, 16)
            val base = NumberType.UINT64.read(data, 24)
            val held = data.limit().toLong()
            if (length < LEAST_HEAD || size !in HEAD_BYTES..held || base !in size..held) {
                throw ProgramFault("a head of $length bytes, a program of $size, segments from $base, a file of $held")
            }
            return ProgramFile(data, base, FlatBuffer(data.part(0, size), PROGRAM).root("Program"))
        }
    }
}
