package org.memlora.programs

import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.memlora.files.part

/**
 * Table name -> its fields in order, `name:type`.
 *
 * Types: `b h i l` signed, `B H I L` unsigned, `f d` floats of 1, 2, 4 and 8 bytes, `str`, a table's name, `[type]`, and
 * `union|A|B|..`, whose type byte is the field before it.
 */
internal class Schema(tables: Map<String, String>) {
    private val fields =
        tables.mapValues { (_, written) ->
            written.split(' ').filter { it.isNotEmpty() }.map { FlatField(it.substringBefore(':'), it.substringAfter(':')) }
        }

    fun of(table: String): List<FlatField> = fields.getValue(table)
}

internal class FlatField(val name: String, val type: String) {
    val number: NumberType? = NumberType.of(type)
    val isUnion: Boolean = type.startsWith("union|")

    /** The tables of a union by their number, from 1 on. */
    val members: List<String> = if (isUnion) type.split('|') else emptyList()

    /** The type of a vector's items, null for anything else. */
    val item: String? = if (type.startsWith("[")) type.substring(1, type.length - 1) else null
    val itemNumber: NumberType? = item?.let(NumberType::of)
}

/** The tables of [data], read by a [schema]: every offset within the bytes and aligned. */
internal class FlatBuffer(data: ByteBuffer, private val schema: Schema) {
    private val data: ByteBuffer = data.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    private val size = data.limit().toLong()
    private val read = HashMap<Pair<String, Long>, FlatTable>()
    private var looked = 0L

    /** The root table; throws [ProgramFault], and [java.nio.charset.CharacterCodingException] for text that is no UTF-8. */
    fun root(table: String): FlatTable = table(table, offset(0))

    private fun table(kind: String, at: Long): FlatTable {
        read[kind to at]?.let { known ->
            look(known.cost)
            return known
        }
        val before = looked
        val vtable = at - number(NumberType.INT32, at)
        val length = number(NumberType.UINT16, vtable)
        val span = number(NumberType.UINT16, vtable + 2)
        if (length < 4 || length % 2 != 0L || vtable + length > size || at + span > size) {
            throw ProgramFault("a table at $at that leaves the buffer")
        }
        val values = HashMap<String, Any?>()
        schema.of(kind).forEachIndexed { place, field ->
            val entry = 4 + 2L * place
            val relative = if (entry + 2 <= length) number(NumberType.UINT16, vtable + entry) else 0
            if (relative != 0L && relative + (field.number?.bytes ?: 4) > span) {
                throw ProgramFault("${field.name} outside its table at $at")
            }
            values[field.name] = value(field, if (relative != 0L) at + relative else null, values)
        }
        look(length + span)
        return FlatTable(kind, values, looked - before).also { read[kind to at] = it }
    }

    private fun value(field: FlatField, at: Long?, values: Map<String, Any?>): Any? {
        if (field.number != null) return if (at == null) 0L else number(field.number, at)
        if (at == null) return null
        val target = offset(at)
        if (field.type == "str") return text(target)
        if (field.isUnion) {
            val choice = values["${field.name}_type"] as Long
            if (choice !in 1 until field.members.size) throw ProgramFault("${field.name} of kind $choice")
            return table(field.members[choice.toInt()], target)
        }
        if (field.item == null) return table(field.type, target)
        if (field.itemNumber != null) return numbers(field, field.itemNumber, target)
        val count = vector(target, 4).limit() / 4
        return List(count) { table(field.item, offset(target + 4 + 4L * it)) }
    }

    private fun numbers(field: FlatField, type: NumberType, target: Long): Any {
        val bytes = vector(target, type.bytes)
        if ((target + 4) % type.bytes != 0L) throw ProgramFault("${field.name} at $target, which is not aligned")
        return if (type == NumberType.UINT8) bytes else Numbers(type, bytes)
    }

    private fun text(at: Long): String = Charsets.UTF_8.newDecoder().decode(vector(at, 1)).toString()

    /** The bytes of a vector of items of [itemBytes]. */
    private fun vector(at: Long, itemBytes: Int): ByteBuffer {
        val count = number(NumberType.UINT32, at)
        if (at + 4 + count * itemBytes > size) throw ProgramFault("$count items at $at of $size bytes")
        look(4 + count * itemBytes)
        return data.part(at + 4, count * itemBytes)
    }

    private fun offset(at: Long): Long = at + number(NumberType.UINT32, at)

    private fun number(type: NumberType, at: Long): Long {
        if (at < 0 || at + type.bytes > size || at % type.bytes != 0L) throw ProgramFault("a number at $at of $size bytes")
        return type.read(data, at.toInt())
    }

    /** A writer names each part once or a few times; bytes that are named far more often would cost time without end. */
    private fun look(bytes: Long) {
        looked += bytes
        if (looked > MOST_LOOKS * size + MOST_LOOKS) throw ProgramFault("parts that are named over and over")
    }

    private companion object {
        const val MOST_LOOKS = 8L
    }
}
