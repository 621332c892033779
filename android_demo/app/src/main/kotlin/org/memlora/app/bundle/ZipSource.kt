package org.memlora.app.bundle

import android.content.ContentResolver
import android.net.Uri
import org.memlora.app.screens.nameOf
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import java.io.InputStream
import java.util.zip.ZipException
import java.util.zip.ZipInputStream

/** A bundle packed as a zip, with its files at the top or all in one folder. */
class ZipSource(private val resolver: ContentResolver, private val file: Uri) : Source {
    override val bytes: Long? = null // what is packed says little of what is unpacked

    override fun files(take: (String, InputStream) -> Unit) {
        val folder = folderOf(names())
        read { name, content -> if (name.startsWith(folder)) take(name.removePrefix(folder), content) }
    }

    private fun name(): String = resolver.nameOf(file)

    private fun names(): List<String> = buildList { read { name, _ -> add(name) } }

    private fun folderOf(names: List<String>): String {
        val manifest = names.filter { it == MANIFEST || it.endsWith("/$MANIFEST") }.minByOrNull { it.length }
            ?: throw BundleException("no bundle in ${name()}: expected a $MANIFEST, got none; choose a bundle", Reason.UNLINKABLE_PARTS)
        return manifest.removeSuffix(MANIFEST)
    }

    private fun read(take: (String, InputStream) -> Unit) {
        val opened = resolver.openInputStream(file)
            ?: throw BundleException("cannot read ${name()}: expected a readable file, got none; choose another", Reason.UNLINKABLE_PARTS)
        try {
            ZipInputStream(opened.buffered()).use { zip ->
                var entry = zip.nextEntry
                while (entry != null) {
                    if (!entry.isDirectory) take(entry.name, zip)
                    entry = zip.nextEntry
                }
            }
        } catch (broken: ZipException) {
            val sentence = "cannot read ${name()}: expected a zip, got ${broken.message}; copy it again"
            throw BundleException(sentence, Reason.MALFORMED_BYTES, broken)
        }
    }

    private companion object {
        const val MANIFEST = "manifest.json"
    }
}
