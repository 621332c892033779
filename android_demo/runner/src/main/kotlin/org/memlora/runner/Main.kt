package org.memlora.runner

import ai.onnxruntime.OrtEnvironment
import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import org.memlora.bundle.Bundle
import org.memlora.engine.OrtKind
import org.memlora.errors.MemloraException
import org.memlora.files.JsonObject
import org.memlora.files.jsonText
import org.memlora.files.parseJson
import org.memlora.parity.Performer
import java.io.BufferedReader
import java.io.File
import java.nio.file.Files
import java.nio.file.Paths
import kotlin.system.exitProcess

private const val REFUSED = 2

/** `java -jar memlora-runner.jar BUNDLE`: answers each line on stdin with one on stdout (docs/parity-trace.md). */
public object Main {
    /** Exit code 2 for a bundle or a request that is refused, with one sentence on stderr. */
    @JvmStatic
    public fun main(arguments: Array<String>) {
        val bundle = arguments.singleOrNull()
        if (bundle == null) {
            System.err.println("usage: java -jar memlora-runner.jar BUNDLE")
            exitProcess(REFUSED)
        }
        try {
            run(bundle)
        } catch (e: MemloraException) {
            System.err.println(e.message)
            exitProcess(REFUSED)
        }
    }

    private fun run(bundle: String) {
        val folder = Files.createTempDirectory("memlora-runner-").toFile()
        try {
            val opened = Bundle.open(Paths.get(bundle))
            Performer(opened, OrtKind, BundledSQLiteDriver(), File(folder, "store.db"), runtime()).use { performer ->
                val input = System.`in`.bufferedReader(Charsets.UTF_8)
                while (true) answer(performer, input) || break
            }
        } finally {
            folder.deleteRecursively()
        }
    }

    private fun answer(
        performer: Performer,
        input: BufferedReader,
    ): Boolean {
        val line = input.readLine() ?: return false
        val request = parseJson(line.toByteArray(Charsets.UTF_8), "request") as JsonObject
        System.out.write((jsonText(performer.respond(request), "," to ":") + "\n").toByteArray(Charsets.UTF_8))
        System.out.flush()
        return true
    }

    private fun runtime(): String {
        val java = System.getProperty("java.version")
        return "Kotlin on Java $java, onnxruntime ${OrtEnvironment.getEnvironment().version}, ${System.getProperty("os.arch")}"
    }
}
