package org.memlora.programs

import java.nio.ByteBuffer

/** A vector of numbers as it lies in its buffer: signed or unsigned whole ones, of 1 to 8 bytes. */
internal class Numbers(private val type: NumberType, private val bytes: ByteBuffer) : AbstractList<Long>() {
    override val size: Int = bytes.limit() / type.bytes

    override fun get(index: Int): Long = type.read(bytes, index * type.bytes)

    companion object {
        val NONE = Numbers(NumberType.UINT8, ByteBuffer.allocate(0))
    }
}

/** A number's letter in a schema and its size; a float is only passed over. */
internal enum class NumberType(val letter: Char, val bytes: Int) {
    INT8('b', 1),
    UINT8('B', 1),
    INT16('h', 2),
    UINT16('H', 2),
    INT32('i', 4),
    UINT32('I', 4),
    INT64('l', 8),
    UINT64('L', 8),
    FLOAT32('f', 4),
    FLOAT64('d', 8);

    /** The number at byte [at]; one beyond 63 bits is the largest. */
    fun read(data: ByteBuffer, at: Int): Long =
        when (this) {
            INT8 -> data.get(at).toLong()
            UINT8 -> data.get(at).toLong() and 0xFF
            INT16 -> data.getShort(at).toLong()
            UINT16 -> data.getShort(at).toLong() and 0xFFFF
            INT32 -> data.getInt(at).toLong()
            UINT32, FLOAT32 -> data.getInt(at).toLong() and 0xFFFF_FFFFL
            INT64, FLOAT64 -> data.getLong(at)
            UINT64 -> data.getLong(at).let { if (it < 0) Long.MAX_VALUE else it }
        }

    companion object {
        private val BY_LETTER = entries.associateBy { it.letter.toString() }

        fun of(written: String): NumberType? = BY_LETTER[written]
    }
}

/**
 * A table of a FlatBuffer called [kind] in its schema; absent fields are 0, null or empty.
 *
 * [cost] are the bytes that were looked at for it and for what it holds.
 */
internal class FlatTable(val kind: String, private val values: Map<String, Any?>, val cost: Long) {
    /** Whether the schema has a field called [name]. */
    fun has(name: String): Boolean = name in values

    fun whole(name: String): Long = values[name] as Long

    fun text(name: String): String? = values[name] as String?

    /** A table, or the chosen one of a union. */
    fun table(name: String): FlatTable? = values[name] as FlatTable?

    @Suppress("UNCHECKED_CAST") // the schema says of which type a field is
    fun tables(name: String): List<FlatTable> = values[name] as List<FlatTable>? ?: emptyList()

    /** A vector of numbers; empty where the table has no such field. */
    fun numbers(name: String): Numbers = values[name] as Numbers? ?: Numbers.NONE

    /** A vector of bytes as they lie there. */
    fun bytes(name: String): ByteBuffer = values[name] as ByteBuffer? ?: ByteBuffer.allocate(0)

    /** The numbers of the table itself, by name. */
    fun wholes(): Map<String, Long> = values.filterValues { it is Long }.mapValues { it.value as Long }
}
