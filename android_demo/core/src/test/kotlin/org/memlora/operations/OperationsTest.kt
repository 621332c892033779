package org.memlora.operations

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.errors.BundleException
import org.memlora.errors.ConfigException
import org.memlora.files.JsonArray
import org.memlora.files.JsonNull
import org.memlora.files.JsonObject
import org.memlora.files.JsonString
import org.memlora.files.parseJson
import java.io.File

class OperationsTest {
    private val house = File(System.getProperty("memlora.house"))
    private val rows: List<JsonObject> by lazy {
        val table = File(house, "tests/conformance/operations.json")
        (parseJson(table.readBytes(), table.name) as JsonArray).items.map { it as JsonObject }
    }

    @Test
    fun `prompts and parsed texts are those of Python`() {
        for (row in rows) checkRow(operation(row.text("operation")), row)
        assertEquals(allNames().toSet(), rows.map { it.text("operation") }.toSet())
    }

    private fun <In, Out> checkRow(operation: Operation<In, Out>, row: JsonObject) {
        val input = row["input"] as? JsonObject ?: return checkText(operation, row)
        val given = operation.readInput(input)
        assertEquals(row.text("prompt"), operation.render(given))
        assertEquals(row.text("likely"), operation.likelyText(given))
        assertEquals(row.text("fallback"), operation.renderOutput(operation.fallback(given)))
        val words = if (row["words"] == JsonNull) null else row.texts("words")
        assertEquals(words, operation.words?.invoke(given))
    }

    private fun <Out> checkText(operation: Operation<*, Out>, row: JsonObject) {
        val text = row.text("text")
        val output = (row["output"] as? JsonString)?.value
        if (output == null) {
            assertThrows(UnparsableException::class.java, { operation.parse(text) }, text)
        } else {
            assertEquals(output, operation.renderOutput(operation.parse(text)), text)
        }
    }

    @Test
    fun `the operations are the modules of Python`() {
        val modules = File(house, "runtime_py/operations").listFiles { file -> "\nOPERATION: " in file.takeIf(File::isFile)?.readText().orEmpty() }
        assertEquals(modules.orEmpty().map { it.nameWithoutExtension }.sorted(), allNames())
        assertEquals(allNames() - "select" - "vqa", names())
        assertEquals(listOf("extract", "select"), forms("extract"))
        assertEquals("extract", SELECT.work)
        assertThrows(ConfigException::class.java) { operation("nothing") }
    }

    @Test
    fun `a memory needs its required operations in one form`() {
        checkMemory(listOf("select", "generate"), "there", "add them")
        val refusal = assertThrows(ConfigException::class.java) { checkMemory(listOf("update"), "there", "add them") }
        assertEquals("there: expected a memory's experts (extract or select and generate), found update; add them", refusal.message)
    }

    @Test
    fun `a wrong input row is refused`() {
        for (row in listOf("{}", """{"date":5,"messages":[]}""", """{"date":"2023-13-01","messages":[]}""", """{"date":null,"messages":[1]}""")) {
            val value = parseJson(row.toByteArray(), "row") as JsonObject
            assertTrue("wrong input" in assertThrows(BundleException::class.java) { EXTRACT.readInput(value) }.message.orEmpty())
        }
    }
}
