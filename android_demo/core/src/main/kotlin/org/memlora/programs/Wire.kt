package org.memlora.programs

import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.memlora.files.part

/** What makes bytes no program: its message says what was found. */
internal class ProgramFault(message: String) : Exception(message)

/** A field of a protocol buffers message: a number for varints and fixed sizes, bytes for the rest. */
internal sealed interface Field {
    class Whole(val value: Long) : Field

    class Bytes(val bytes: ByteBuffer) : Field
}

/**
 * Calls [visit] with the number and the value of each field of [message] in order.
 *
 * Throws [ProgramFault] for a field that leaves the message or a type that is not in use.
 */
internal fun forEachField(message: ByteBuffer, visit: (Long, Field) -> Unit) {
    val left = message.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    while (left.hasRemaining()) {
        val key = varint(left)
        val number = key ushr 3
        if (number == 0L) throw ProgramFault("field number 0")
        val value =
            when (val kind = (key and 7).toInt()) {
                0 -> Field.Whole(varint(left))
                1 -> Field.Whole(taken(left, 8).getLong(0))
                5 -> Field.Whole(taken(left, 4).getInt(0).toLong() and 0xFFFF_FFFFL)
                2 -> Field.Bytes(taken(left, varint(left)))
                else -> throw ProgramFault("wire type $kind")
            }
        visit(number, value)
    }
}

/** Calls [visit] with each value of a repeated integer field, packed or not; signed 64 bits. */
internal inline fun forEachInteger(field: Field, visit: (Long) -> Unit) {
    when (field) {
        is Field.Whole -> visit(field.value)
        is Field.Bytes -> {
            val left = field.bytes.duplicate()
            while (left.hasRemaining()) visit(varint(left))
        }
    }
}

/** A field of UTF-8 text; throws [java.nio.charset.CharacterCodingException] for other bytes. */
internal fun text(field: Field): String = Charsets.UTF_8.newDecoder().decode(nested(field).duplicate()).toString()

/** A field that holds bytes; throws [ProgramFault] for a number. */
internal fun nested(field: Field): ByteBuffer = (field as? Field.Bytes)?.bytes ?: throw ProgramFault("a number where bytes are due")

/** A field that holds one signed integer; throws [ProgramFault] for bytes. */
internal fun number(field: Field): Long = (field as? Field.Whole)?.value ?: throw ProgramFault("bytes where a number is due")

private fun taken(left: ByteBuffer, size: Long): ByteBuffer {
    if (size < 0 || size > left.remaining()) throw ProgramFault("${java.lang.Long.toUnsignedString(size)} bytes of ${left.remaining()}")
    val bytes = left.part(left.position().toLong(), size)
    (left as java.nio.Buffer).position(left.position() + size.toInt())
    return bytes
}

/** The next integer: at most ten bytes, of which 64 bits count. */
internal fun varint(left: ByteBuffer): Long {
    var value = 0L
    var shift = 0
    while (true) {
        if (!left.hasRemaining() || shift > 63) throw ProgramFault("an integer that does not end")
        val byte = left.get().toInt() and 255
        value = value or ((byte and 127).toLong() shl shift)
        if (byte < 128) return value
        shift += 7
    }
}
