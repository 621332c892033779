package org.memlora.store

import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.parseJson

/** The verdict corpus of stores, made by `tests/stores/make.py`. */
class CorpusTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `every verdict is Python's`() {
        PythonReference.run("tests.stores.make", folder.path)
        val verdicts = parseJson(File(folder, "verdicts.json").readBytes(), "verdicts.json") as JsonObject
        assertTrue(verdicts.entries.size > 50)
        val wrong =
            verdicts.entries.mapNotNull { (name, verdict) ->
                val wanted = verdict as JsonObject
                val faults = checkStore(File(folder, name), DRIVER)
                val reason = (wanted["reason"] as? JsonString)?.value
                val isSame = faults.firstOrNull()?.reason?.words == reason
                val isNamed = reason == null || (wanted["names"] as JsonString).value in faults.firstOrNull()?.message.orEmpty()
                if (isSame && isNamed) null else "$name: expected $wanted, got $faults"
            }
        assertEquals(emptyList<String>(), wrong)
    }

    @Test
    fun `good stores of every make are migrated to the same tables`() {
        PythonReference.run("tests.stores.make", folder.path)
        val own = File(folder, "own.db")
        openStore(own).close()
        for (name in listOf("y_version_3.db", "y_version_4.db", "y_version_5.db", "y_empty_file.db")) {
            Store(File(folder, name), DRIVER, CongruenceEmbedder).close()
            assertEquals(rowsOf(own).keys, rowsOf(File(folder, name)).keys, name)
        }
    }
}
