package org.memlora.files

import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import java.security.MessageDigest

private const val PIECE_BYTES = 1 shl 20
private const val DIGITS = "0123456789abcdef"

/** Hex sha256 of a file's bytes, read a piece at a time; throws [IOException]. */
public fun sha256File(path: Path): String {
    val digest = MessageDigest.getInstance("SHA-256")
    val piece = ByteArray(PIECE_BYTES)
    Files.newInputStream(path).use { file ->
        while (true) {
            val count = file.read(piece)
            if (count < 0) break
            digest.update(piece, 0, count)
        }
    }
    return hex(digest.digest())
}

/** Hex sha256 of [data]. */
public fun sha256(data: ByteArray): String = hex(MessageDigest.getInstance("SHA-256").digest(data))

private fun hex(bytes: ByteArray): String {
    val out = StringBuilder(2 * bytes.size)
    for (byte in bytes) {
        out.append(DIGITS[byte.toInt() shr 4 and 15]).append(DIGITS[byte.toInt() and 15])
    }
    return out.toString()
}
