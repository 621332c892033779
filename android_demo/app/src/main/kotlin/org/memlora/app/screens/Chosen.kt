package org.memlora.app.screens

import android.content.ContentResolver
import android.net.Uri
import android.provider.OpenableColumns
import org.memlora.errors.ConfigException
import java.io.ByteArrayOutputStream
import java.io.IOException

private const val PIECE_BYTES = 1 shl 16

/** What the file that the system's picker chose is called, for sentences; empty where nobody says. */
fun ContentResolver.nameOf(file: Uri): String = query(file, arrayOf(OpenableColumns.DISPLAY_NAME), null, null, null).use { row ->
    if (row != null && row.moveToFirst()) row.getString(0).orEmpty() else ""
}

/** The bytes of the file that the system's picker chose; throws [ConfigException] where it cannot be read or has more than [most]. */
fun ContentResolver.bytesOf(file: Uri, name: String, most: Int): ByteArray {
    val bytes = ByteArrayOutputStream()
    try {
        val opened = openInputStream(file) ?: throw IOException("no such file")
        opened.use { content ->
            val piece = ByteArray(PIECE_BYTES)
            while (bytes.size() <= most) {
                val read = content.read(piece)
                if (read < 0) return bytes.toByteArray()
                bytes.write(piece, 0, read)
            }
        }
    } catch (failed: IOException) {
        throw ConfigException("cannot read $name: expected a readable file, got ${failed.message}; choose it again", failed)
    } catch (forbidden: SecurityException) { // the picker's word is good for this start of the phone
        throw ConfigException("cannot read $name: expected a file that the app may read, got one that it may not; choose it again", forbidden)
    }
    throw ConfigException("$name is too long: expected a chat of at most $most bytes, got more; split it")
}
