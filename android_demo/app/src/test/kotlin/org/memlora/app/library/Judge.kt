package org.memlora.app.library

import org.junit.Assert.assertEquals
import java.io.File
import java.util.concurrent.TimeUnit

private const val WAIT_MINUTES = 20L

/** Python's `memlora parity`, which alone judges; tests need a Python that can run it. */
internal class Judge(private val bundle: File, private val folder: File) {
    private val house = File(checkNotNull(System.getProperty("memlora.house")))
    private val python = System.getenv("MEMLORA_PYTHON") ?: File(house, ".venv/bin/python").takeIf { it.exists() }?.path ?: "python3"

    /** The file of requests that a phone is to answer. */
    fun requests(): File {
        val isThere = run("-c", "import memlora_cli.main, onnxruntime").first == 0
        need(isThere, "$python cannot judge: install memlora into .venv or name a Python in MEMLORA_PYTHON")
        val requests = File(folder, "requests.jsonl")
        val (code, said) = judge("--requests", requests.path)
        assertEquals(said, 0, code)
        return requests
    }

    /** What it says of a file of answers: its exit code and its words. */
    fun verdict(trace: File): Pair<Int, String> = judge("--trace", trace.path)

    // a few prompts: that all of them agree is the runner's to show
    private fun judge(vararg arguments: String) = run("-m", "memlora_cli.main", "parity", bundle.path, "--goldens", "1", *arguments)

    private fun run(vararg arguments: String): Pair<Int, String> {
        val said = File(folder, "python.txt")
        val builder = ProcessBuilder(python, *arguments).directory(house).redirectErrorStream(true).redirectOutput(said)
        val process = builder.start()
        check(process.waitFor(WAIT_MINUTES, TimeUnit.MINUTES)) { "$python does not end" }
        return process.exitValue() to said.readText()
    }
}
