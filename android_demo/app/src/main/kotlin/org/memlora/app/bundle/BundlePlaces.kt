package org.memlora.app.bundle

import org.memlora.errors.ConfigException
import java.io.File

/** Where the bundle lies, and where one lies that is still coming in; both in a folder that no backup reads. */
class BundlePlaces(private val root: File) {
    /** The verified bundle, where there is one. */
    val held: File = File(root, "bundle")

    /** An empty folder for a bundle that comes in; what an import that died left there is gone. */
    fun freshIncoming(): File {
        val incoming = File(root, "incoming")
        incoming.deleteRecursively()
        makeFolder(incoming)
        return incoming
    }

    /** Puts a verified bundle in the place of the one before. */
    fun swapIn(incoming: File) {
        held.deleteRecursively()
        if (!incoming.renameTo(held)) throw ConfigException("cannot place the bundle: expected a folder that can be written; free some room")
    }

    /** Throws where [bytes] more do not fit. */
    fun checkRoom(bytes: Long) {
        makeFolder(root)
        val free = root.usableSpace
        if (bytes > free) throw ConfigException("no room for the bundle: expected $bytes bytes, got $free free; make room and try again")
    }

    fun makeFolder(folder: File) {
        if (!folder.isDirectory && !folder.mkdirs()) throw ConfigException("cannot make ${folder.name}: expected a writable disk; free some room")
    }
}
