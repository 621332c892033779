package org.memlora.bundle

import java.nio.file.Files
import java.nio.file.Path
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue

/** What Python wrote and judged (`make android` has it written); a test that asks for it is skipped where it is missing. */
object Corpus {
    /** Verdicts of bundles, `python -m tests.bundles.make`. */
    val bundles: Path get() = folder("bundles")

    /** Verdicts of files, `python -m tests.fuzz.verdicts`. */
    val files: Path get() = folder("files")

    private fun folder(name: String): Path {
        val folder = Path.of(System.getProperty("memlora.judged") ?: "", name)
        val isThere = Files.isRegularFile(folder.resolve("verdicts.json"))
        val missing = "no verdicts in $folder: `make android` writes them, -Dmemlora.judged=FOLDER names others"
        if (System.getenv("CI") == "true") assertTrue(isThere, missing)
        assumeTrue(isThere, missing)
        return folder
    }
}
