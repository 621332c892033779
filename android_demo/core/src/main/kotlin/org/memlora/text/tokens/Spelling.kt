package org.memlora.text.tokens

import java.io.ByteArrayOutputStream
import org.memlora.errors.BundleException
import org.memlora.errors.ContractException

/** How tokens become text again. */
internal abstract class Spelling(protected val vocabulary: Vocabulary) {
    /** The text of [ids], which are no special tokens. */
    abstract fun decode(ids: IntArray): String

    /** The bytes of a token of the model. */
    abstract fun bytes(id: Int): ByteArray

    /** The byte that a token written `<0x..>` stands for, or -1. */
    fun byte(id: Int): Int {
        if (vocabulary.length(id) != BYTE_LENGTH) return -1
        val text = vocabulary.text(id)
        if (text.length != BYTE_LENGTH || !text.startsWith("<0x") || text[5] != '>') return -1
        val (high, low) = hex(text[3]) to hex(text[4])
        return if (high < 0 || low < 0) -1 else 16 * high + low
    }

    private fun hex(digit: Char): Int = when (digit) {
        in '0'..'9' -> digit - '0'
        in 'a'..'f' -> digit - 'a' + 10
        in 'A'..'F' -> digit - 'A' + 10
        else -> -1
    }

    companion object {
        private const val BYTE_LENGTH = 6
        private const val NONE = 0
        private const val BYTES = 1
        private const val PIECES = 2

        /** [row] is kind, replaced text, text in its place, text taken off the front, how often at most. */
        fun read(row: IntArray, pools: Pools, vocabulary: Vocabulary): Spelling = when (row[0]) {
            NONE -> NoSpelling(vocabulary)
            BYTES -> ByteSpelling(vocabulary)
            PIECES -> {
                val isReplaced = row[1] != TableBytes.NONE
                val replace = if (isReplaced) replacement(pools.text(row[1]), pools.text(row[2])) else null
                val front = if (row[3] == TableBytes.NONE) IntArray(0) else pools.text(row[3])
                ensure(front.size <= 1 && row[4] >= 0, "a character to take off the front") { "${front.size}" }
                PieceSpelling(vocabulary, replace, front.firstOrNull() ?: -1, row[4])
            }
            else -> throw invalid("a known decoder", "${row[0]}")
        }
    }
}

/** Of a tokenizer that only reads, such as an embedder's. */
private class NoSpelling(vocabulary: Vocabulary) : Spelling(vocabulary) {
    override fun decode(ids: IntArray): String = throw ContractException(
        "no decoder in this tokenizer: expected one that writes text, got one that reads; use the model's",
    )

    override fun bytes(id: Int): ByteArray = throw BundleException(
        "unsupported tokenizer: expected a ByteLevel or ByteFallback decoder, got none; use a base model with one",
    )
}

/** Pieces of the byte alphabet; one with another character stands for itself. */
private class ByteSpelling(vocabulary: Vocabulary) : Spelling(vocabulary) {
    override fun decode(ids: IntArray): String {
        val out = ByteArrayOutputStream()
        for (id in ids) bytes(id).let { out.write(it, 0, it.size) }
        return out.toByteArray().let { Utf8.lossy(it, it.size) }
    }

    override fun bytes(id: Int): ByteArray {
        val points = vocabulary.points(id)
        val bytes = ByteArray(points.size)
        for (i in points.indices) {
            val byte = ByteAlphabet.byte(points[i])
            if (byte < 0) return vocabulary.bytes(id)
            bytes[i] = byte.toByte()
        }
        return bytes
    }
}

/** Pieces of text among single bytes: a run of bytes is a text, or U+FFFD for each of them. */
private class PieceSpelling(
    vocabulary: Vocabulary,
    private val replace: ((IntArray) -> IntArray)?,
    private val front: Int,
    private val most: Int,
) : Spelling(vocabulary) {
    override fun decode(ids: IntArray): String {
        val text = StringBuilder()
        val run = ByteArrayOutputStream()
        for (id in ids) {
            val byte = byte(id)
            if (byte >= 0) {
                run.write(byte)
            } else {
                end(run, text)
                for (point in replaced(id)) text.appendCodePoint(point)
            }
        }
        end(run, text)
        var taken = 0
        var at = 0
        while (taken < most && at < text.length && text.codePointAt(at) == front) {
            taken++
            at += Character.charCount(front)
        }
        return text.substring(at)
    }

    override fun bytes(id: Int): ByteArray {
        val byte = byte(id)
        if (byte >= 0) return byteArrayOf(byte.toByte())
        return vocabulary.text(id).replace('▁', ' ').toByteArray(Charsets.UTF_8)
    }

    private fun replaced(id: Int): IntArray = vocabulary.points(id).let { replace?.invoke(it) ?: it }

    private fun end(run: ByteArrayOutputStream, text: StringBuilder) {
        val bytes = run.toByteArray()
        val isText = Utf8.isValid(bytes, 0, bytes.size)
        text.append(if (isText) String(bytes, Charsets.UTF_8) else "\uFFFD".repeat(bytes.size))
        run.reset()
    }
}

/** Printable bytes stand for themselves, the others for U+0100 onwards, in order. */
internal object ByteAlphabet {
    private val characters = IntArray(256)
    private val bytes = IntArray(324) { -1 }

    init {
        var other = 256
        for (byte in 0..255) {
            characters[byte] = if (byte in 33..126 || byte in 161..172 || byte in 174..255) byte else other++
            bytes[characters[byte]] = byte
        }
    }

    fun character(byte: Int): Int = characters[byte]

    /** The byte that [character] stands for, or -1. */
    fun byte(character: Int): Int = if (character < bytes.size) bytes[character] else -1
}
