package org.memlora.store

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import java.io.File
import java.util.zip.CRC32
import kotlin.math.sqrt
import org.memlora.store.forms.Said
import org.memlora.store.sqlite.Connection

internal val DRIVER = BundledSQLiteDriver()
private const val DIMENSION = 16

/** The embedder of `tests/stores/operations.py`: whole numbers of a congruence that the text's CRC-32 begins. */
object CongruenceEmbedder : Embedder {
    override val id: String = "congruence"
    override val dimension: Int = DIMENSION

    override fun embed(texts: List<String>): List<FloatArray> = texts.map(::vector)
}

fun vector(text: String): FloatArray {
    var state = CRC32().apply { update(text.toByteArray()) }.value
    val numbers =
        List(DIMENSION) {
            state = (state * 1103515245L + 12345L) and 0x7FFFFFFFL
            (state shr 16) % 201 - 100
        }
    val length = sqrt(numbers.sumOf { it * it }.toDouble())
    return FloatArray(DIMENSION) { (numbers[it] / length).toFloat() }
}

fun openStore(path: File, timeoutS: Double = 30.0): Store = Store(path, DRIVER, CongruenceEmbedder, timeoutS)

/** Every row of every table but what other versions write otherwise: the pages of the words indexes, the packed bytes of PNGs. */
internal fun rowsOf(path: File): Map<String, List<String>> {
    val connection = Connection.open(DRIVER, path)
    try {
        val tables = connection.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1", emptyList()) { it.text(0) }
        return tables.filter { !it.endsWith("_words_data") && !it.endsWith("_words_idx") }.associateWith { table ->
            val sql = "SELECT name FROM pragma_table_info(?) WHERE name NOT IN ('png', 'thumbnail')"
            val columns = connection.rows(sql, listOf(table)) { "quote(\"${it.text(0)}\")" }
            val all = "SELECT ${columns.joinToString(" || ',' || ")} FROM $table"
            connection.rows(all, emptyList()) { it.text(0) }.sorted()
        }
    } finally {
        connection.close()
    }
}

/** The store's file with its log and whatever else stands beside it. */
fun filesOf(path: File): List<File> = path.absoluteFile.parentFile.listFiles()!!.filter { it.name.startsWith(path.name) }

fun said(text: String, speaker: String = "Ana", role: String = "user") =
    listOf(Said(role, speaker, text))
