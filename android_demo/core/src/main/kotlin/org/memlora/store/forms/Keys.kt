package org.memlora.store.forms

import java.io.ByteArrayOutputStream
import java.security.MessageDigest
import java.time.LocalDate

private val KIND = "memlora exchange 1\u0000".toByteArray(Charsets.US_ASCII)
private const val NUMBER_BYTES = 4
private const val BYTE_BITS = 8

/** One message of an exchange: who it is by, the speaker's name (empty: none) and what was said. */
public data class Said(val role: String, val speaker: String, val text: String)

/**
 * Hex sha256 of who said what, on which day (null: unknown) and at which place of a session, and of its photos' names.
 *
 * The bytes that are hashed are those of `docs/store-format.md`, section "Key of an exchange".
 */
@JvmOverloads
public fun exchangeKey(
    session: String,
    day: LocalDate?,
    place: String,
    said: List<Said>,
    photos: List<String> = emptyList(),
): String {
    val bytes = ByteArrayOutputStream()
    bytes.write(KIND, 0, KIND.size)
    for (text in listOf(session, day?.toString() ?: "", place)) writeText(bytes, text)
    writeNumber(bytes, said.size)
    for (message in said) for (text in listOf(message.role, message.speaker, message.text)) writeText(bytes, text)
    if (photos.isNotEmpty()) writeNumber(bytes, photos.size)
    for (photo in photos) writeText(bytes, photo)
    return hexSha256(bytes.toByteArray())
}

/** Small hexadecimal digits of the SHA-256 of [bytes]. */
internal fun hexSha256(bytes: ByteArray): String =
    MessageDigest.getInstance("SHA-256").digest(bytes).joinToString("") { byte ->
        val value = byte.toInt() and 0xFF
        "${"0123456789abcdef"[value shr 4]}${"0123456789abcdef"[value and 0xF]}"
    }

private fun writeText(
    into: ByteArrayOutputStream,
    text: String,
) {
    val data = utf8(compose(text))
    writeNumber(into, data.size)
    into.write(data, 0, data.size)
}

private fun writeNumber(
    into: ByteArrayOutputStream,
    value: Int,
) {
    for (place in 0 until NUMBER_BYTES) into.write(value ushr (BYTE_BITS * place))
}
