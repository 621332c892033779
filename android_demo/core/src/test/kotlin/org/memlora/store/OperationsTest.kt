package org.memlora.store

import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Python and Kotlin do the same random operations on stores of their own and of each other. */
class OperationsTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `both write the same store, and go on with each other's`() {
        val seed = System.getProperty("memlora.seed") ?: "3"
        PythonReference.run("tests.stores.operations", "write", folder.path, seed, "200", "100")
        val own = file("own.db")
        assertEquals(emptyList<String>(), replay(own, "first.jsonl"))
        assertSameRows(file("first.db"), own)
        val crossed = own.copyTo(file("crossed.db"))

        assertEquals(emptyList<String>(), replay(own, "second.jsonl"))
        assertSameRows(file("both.db"), own)
        assertEquals(emptyList<String>(), replay(file("first.db"), "second.jsonl"))
        assertSameRows(file("both.db"), file("first.db"))
        PythonReference.run("tests.stores.operations", "replay", crossed.path, file("second.jsonl").path)
        assertSameRows(file("both.db"), crossed)
    }

    private fun file(name: String) = File(folder, name)

    private fun replay(store: File, operations: String): List<String> =
        Replayer(store).use { replayer ->
            replayer.replay(file(operations)) + replayer.store.check().map { it.message }
        }

    private fun assertSameRows(expected: File, given: File) {
        val (wanted, found) = rowsOf(expected) to rowsOf(given)
        assertEquals(wanted.keys, found.keys)
        for ((table, rows) in wanted) assertEquals(rows.joinToString("\n"), found.getValue(table).joinToString("\n"), table)
    }
}
