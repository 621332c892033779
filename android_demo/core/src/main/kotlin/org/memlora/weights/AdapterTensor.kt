package org.memlora.weights

import java.nio.ByteBuffer
import org.memlora.files.Saturating

/** A tensor of an adapter file: its [shape], and its values as a view of the file's [bytes], little-endian. */
public class AdapterTensor internal constructor(
    public val shape: List<Long>,
    public val isHalf: Boolean,
    internal val bytes: ByteBuffer,
) {
    /** Whether no value is NaN or infinite. */
    public fun isFinite(): Boolean = !any(0, bytes.limit() / itemBytes(isHalf), if (isHalf) ::isWildHalf else ::isWild)

    /** Whether a value of the block is another number than 0, of a matrix `[M, N]`. */
    internal fun anyIn(rows: IntRange, columns: IntRange): Boolean {
        val width = shape[1].toInt()
        val test = if (isHalf) ::isSomeHalf else ::isSome
        if (columns == 0 until width) return any(rows.first * width, (rows.last + 1) * width, test)
        return rows.any { any(it * width + columns.first, it * width + columns.last + 1, test) }
    }

    /** Whether [test] holds for the bits of a value from [first] to before [end]; a piece is copied at a time. */
    private fun any(first: Int, end: Int, test: (Int) -> Boolean): Boolean {
        val piece = minOf(PIECE, maxOf(end - first, 0))
        val (shorts, ints) = ShortArray(if (isHalf) piece else 0) to IntArray(if (isHalf) 0 else piece)
        var at = first
        while (at < end) {
            val count = minOf(piece, end - at)
            val from = bytes.duplicate().order(bytes.order())
            (from as java.nio.Buffer).position(at * itemBytes(isHalf))
            if (isHalf) from.asShortBuffer().get(shorts, 0, count) else from.asIntBuffer().get(ints, 0, count)
            for (i in 0 until count) if (test(if (isHalf) shorts[i].toInt() else ints[i])) return true
            at += count
        }
        return false
    }

    internal companion object {
        private const val PIECE = 4096

        fun itemBytes(isHalf: Boolean): Int = if (isHalf) 2 else 4

        /** Bytes of a tensor of [shape]. */
        fun bytesOf(shape: List<Long>, isHalf: Boolean): Long = Saturating.product(shape + itemBytes(isHalf).toLong())

        private fun isWild(bits: Int) = bits and 0x7F80_0000 == 0x7F80_0000

        private fun isWildHalf(bits: Int) = bits and 0x7C00 == 0x7C00

        private fun isSome(bits: Int) = bits and 0x7FFF_FFFF != 0

        private fun isSomeHalf(bits: Int) = bits and 0x7FFF != 0
    }
}
