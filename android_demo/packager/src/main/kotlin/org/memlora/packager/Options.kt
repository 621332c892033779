package org.memlora.packager

import java.nio.file.Path

/** Options given as `--name value`. */
internal class Options(args: List<String>) {
    private val values: Map<String, String>

    init {
        require(args.size % 2 == 0 && args.filterIndexed { i, _ -> i % 2 == 0 }.all { it.startsWith("--") }) {
            "wrong options: expected --name value pairs, got ${args.joinToString(" ")}; mend the call"
        }
        values = args.chunked(2).associate { (name, value) -> name.removePrefix("--") to value }
    }

    operator fun get(name: String): String =
        requireNotNull(values[name]) { "missing option: expected --$name, got ${values.keys.joinToString()}; add it" }

    fun path(name: String): Path = Path.of(get(name))

    /** Several, with commas between them. */
    fun paths(name: String): List<Path> = get(name).split(",").map { Path.of(it) }

    fun number(name: String): Int = get(name).toInt()
}

/** Runs a command to its end and gives its output; one that fails is an error with that output. */
internal fun run(vararg command: Any): String {
    val words = command.map { it.toString() }
    val process = ProcessBuilder(words).redirectErrorStream(true).start()
    val output = process.inputStream.use { it.readBytes().decodeToString() }
    check(process.waitFor() == 0) { "${words.joinToString(" ")} failed:\n$output" }
    return output
}
