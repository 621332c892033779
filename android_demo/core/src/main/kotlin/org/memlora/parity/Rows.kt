package org.memlora.parity

import org.memlora.files.JsonArray
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.store.Store
import java.security.MessageDigest

private val WORDS = listOf("memory_words", "turn_words")
private const val HEX = "0123456789abcdef"

/** Every row of a table in the order of its keys, with the hash over them that docs/parity-trace.md describes. */
internal fun tableOf(
    store: Store,
    table: String,
): JsonObject {
    val sql =
        when (table) {
            in WORDS -> "SELECT rowid, text FROM $table ORDER BY 1"
            "photos" -> "SELECT id, user_id, sha256, created_at FROM photos ORDER BY 1" // packers of PNG differ
            else -> "SELECT * FROM $table ORDER BY 1, 2"
        }
    val rows = store.rows(sql) { it.values() }
    val told = rows.map { row -> JsonArray(row.map(::told)) }
    return JsonObject(mapOf("rows" to JsonArray(told), "sha256" to JsonString(rowsSha256(rows))))
}

private fun told(value: Any?): JsonValue =
    if (value is ByteArray) JsonObject(mapOf("hex" to JsonString(hex(value)))) else json(value)

internal fun rowsSha256(rows: List<List<Any?>>): String {
    val digest = MessageDigest.getInstance("SHA-256")
    for (row in rows) {
        for (value in row) {
            val (letter, data) = bytesOf(value)
            digest.update("$letter${data.size}:".toByteArray(Charsets.US_ASCII))
            digest.update(data)
        }
        digest.update('\n'.code.toByte())
    }
    return hex(digest.digest())
}

private fun bytesOf(value: Any?): Pair<Char, ByteArray> =
    when (value) {
        null -> 'n' to ByteArray(0)
        is ByteArray -> 'b' to value
        is String -> 't' to value.toByteArray(Charsets.UTF_8)
        else -> 'i' to value.toString().toByteArray(Charsets.US_ASCII)
    }

/** The bytes of hexadecimal digits; throws [IllegalArgumentException] for other letters. */
internal fun fromHex(digits: String): ByteArray {
    require(digits.length % 2 == 0 && digits.all { it in HEX }) { "expected hexadecimal digits, got others" }
    return ByteArray(digits.length / 2) { (HEX.indexOf(digits[2 * it]) * 16 + HEX.indexOf(digits[2 * it + 1])).toByte() }
}

private fun hex(bytes: ByteArray): String =
    buildString(2 * bytes.size) { for (byte in bytes) append(HEX[byte.toInt() shr 4 and 15]).append(HEX[byte.toInt() and 15]) }
