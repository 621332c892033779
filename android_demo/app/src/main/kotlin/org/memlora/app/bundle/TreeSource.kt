package org.memlora.app.bundle

import android.content.ContentResolver
import android.net.Uri
import android.provider.DocumentsContract
import android.provider.DocumentsContract.Document
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import java.io.InputStream

/** A bundle's folder as the system's file picker gives it. */
class TreeSource(private val resolver: ContentResolver, private val tree: Uri) : Source {
    private class Entry(val path: String, val document: Uri, val bytes: Long)

    private val entries by lazy { list(DocumentsContract.getTreeDocumentId(tree), "") }

    override val bytes: Long get() = entries.sumOf { it.bytes }

    override fun files(take: (String, InputStream) -> Unit) {
        for (entry in entries) {
            val content = resolver.openInputStream(entry.document)
                ?: throw BundleException("cannot read ${entry.path}: expected a readable file, got none; copy it again", Reason.UNLINKABLE_PARTS)
            content.use { take(entry.path, it) }
        }
    }

    private fun list(folder: String, prefix: String): List<Entry> {
        val children = DocumentsContract.buildChildDocumentsUriUsingTree(tree, folder)
        val found = resolver.query(children, COLUMNS, null, null, null)
            ?: throw BundleException("cannot read the folder: expected its files, got none; choose it again", Reason.UNLINKABLE_PARTS)
        return found.use { row ->
            buildList {
                while (row.moveToNext()) {
                    val path = prefix + row.getString(1)
                    if (row.getString(2) == Document.MIME_TYPE_DIR) {
                        addAll(list(row.getString(0), "$path/"))
                    } else {
                        add(Entry(path, DocumentsContract.buildDocumentUriUsingTree(tree, row.getString(0)), row.getLong(3)))
                    }
                }
            }
        }
    }

    private companion object {
        val COLUMNS = arrayOf(Document.COLUMN_DOCUMENT_ID, Document.COLUMN_DISPLAY_NAME, Document.COLUMN_MIME_TYPE, Document.COLUMN_SIZE)
    }
}
