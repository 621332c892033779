package org.memlora.parts

import org.memlora.errors.ContractException
import org.memlora.files.sha256
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** What is fed to an engine: token ids, or rows of embeddings (an image, a sound), a place of the KV cache each. */
public sealed interface Part {
    /** The places it takes. */
    public val count: Int
}

/** Token ids in order. */
public data class Tokens(public val ids: List<Int>) : Part {
    public constructor(vararg ids: Int) : this(ids.asList())

    override val count: Int get() = ids.size
}

/**
 * `rows` float32 `[n, D]`, row after row, copied; [name] is the hex sha256 of their little-endian bytes.
 *
 * The rows belong together: their KV is kept whole or not at all. Throws [ContractException] for no rows, for numbers
 * that are no whole rows, and for such that are not finite.
 */
public class Embeddings(rows: FloatArray, public val width: Int) : Part {
    private val numbers = rows.copyOf()

    init {
        if (width < 1 || rows.isEmpty() || rows.size % width != 0) {
            throw ContractException(
                "wrong embeddings: expected float32 [n, D] with 1 or more rows, got ${rows.size} numbers in rows of " +
                    "$width; give the rows as the encoder made them",
            )
        }
        if (numbers.any { !it.isFinite() }) {
            throw ContractException("wrong embeddings: expected finite numbers, got NaN or infinity; run the encoder again")
        }
    }

    /** A copy of the rows, `[n * D]`. */
    public val rows: FloatArray get() = numbers.copyOf()
    public val name: String = sha256(bytes(numbers))
    override val count: Int = numbers.size / width

    /** The rows from [first] to before [end] as embeddings of their own. */
    public fun slice(first: Int, end: Int): Embeddings = Embeddings(numbers.copyOfRange(first * width, end * width), width)

    override fun equals(other: Any?): Boolean = other is Embeddings && other.name == name && other.width == width

    override fun hashCode(): Int = name.hashCode()
}

/** What one position of a KV cache holds; the key of a sequence is the list of its places. */
public sealed interface Place

/** A token. */
public data class TokenPlace(public val id: Int) : Place

/** Row [row] of the [count] rows of the embeddings called [name]. */
public data class EmbeddedRow(public val name: String, public val row: Int, public val count: Int) : Place

private fun bytes(numbers: FloatArray): ByteArray {
    val bytes = ByteBuffer.allocate(4 * numbers.size).order(ByteOrder.LITTLE_ENDIAN)
    bytes.asFloatBuffer().put(numbers)
    return bytes.array()
}
