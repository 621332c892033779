package org.memlora.store

import java.io.File
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertEquals
import org.memlora.needs.need

private const val WAIT_MINUTES = 20L

/** The reference runtime beside this project; tests that need it say so where no Python can import it. */
object PythonReference {
    private val house = File(System.getProperty("memlora.house"))
    private val python =
        System.getenv("MEMLORA_PYTHON") ?: File(house, ".venv/bin/python").takeIf { it.exists() }?.path ?: "python3"
    private val isThere by lazy { start("-c", "import runtime_py.store, runtime_py.retrieval").first == 0 }

    /** Runs a module of the project; its exit code must be 0. */
    fun run(module: String, vararg arguments: String) {
        need(isThere, "$python cannot import runtime_py: install memlora into .venv or name a Python in MEMLORA_PYTHON")
        val (code, said) = start("-m", module, *arguments)
        assertEquals(0, code, said)
    }

    private fun start(vararg arguments: String): Pair<Int, String> {
        val said = File.createTempFile("python", ".txt")
        try {
            val builder = ProcessBuilder(python, *arguments).directory(house).redirectErrorStream(true).redirectOutput(said)
            val process = builder.start()
            check(process.waitFor(WAIT_MINUTES, TimeUnit.MINUTES)) { "$python does not end" }
            return process.exitValue() to said.readText()
        } finally {
            said.delete()
        }
    }
}
