package org.memlora.app.bundle

import java.io.File
import java.io.InputStream

/** Where a bundle is imported from. */
interface Source {
    /** How many bytes there are to copy, null where nobody knows. */
    val bytes: Long?

    /** Calls [take] with each file's path, in the bundle's own form, and its content. */
    fun files(take: (String, InputStream) -> Unit)
}

/** The file [path] of a bundle in [folder], null for a path that would leave it. */
fun placeOf(folder: File, path: String): File? {
    val parts = path.split('/')
    val isPlain = parts.all { it.isNotEmpty() && it != "." && it != ".." && '\\' !in it && '\u0000' !in it }
    return if (isPlain) parts.fold(folder) { at, part -> File(at, part) } else null
}
