package org.memlora.app.diagnostics

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import java.io.File
import java.io.FileNotFoundException

/** Gives the trace file, and nothing else, to an app that the user shares it with. */
class TraceProvider : ContentProvider() {
    override fun onCreate(): Boolean = true

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor {
        if (mode != "r") throw FileNotFoundException("the trace is read only")
        return ParcelFileDescriptor.open(trace(), ParcelFileDescriptor.MODE_READ_ONLY)
    }

    override fun query(uri: Uri, wanted: Array<String>?, where: String?, values: Array<String>?, order: String?): Cursor {
        val all = mapOf<String, Any>(OpenableColumns.DISPLAY_NAME to NAME, OpenableColumns.SIZE to trace().length())
        val columns = wanted?.filter { it in all } ?: all.keys.toList()
        return MatrixCursor(columns.toTypedArray()).apply { addRow(columns.map { all.getValue(it) }) }
    }

    override fun getType(uri: Uri): String = "application/jsonl"

    override fun insert(uri: Uri, values: ContentValues?): Uri? = throw UnsupportedOperationException("read only")

    override fun delete(uri: Uri, where: String?, values: Array<String>?): Int = throw UnsupportedOperationException("read only")

    override fun update(uri: Uri, new: ContentValues?, where: String?, values: Array<String>?): Int =
        throw UnsupportedOperationException("read only")

    private fun trace(): File = file(checkNotNull(context)).also { if (!it.isFile) throw FileNotFoundException("no trace yet") }

    companion object {
        private const val NAME = "trace.jsonl"

        /** Where the trace lies. */
        fun file(context: Context): File = File(context.noBackupFilesDir, NAME)

        /** What an app that may read it is given. */
        fun address(context: Context): Uri = Uri.parse("content://${context.packageName}.trace/$NAME")
    }
}
