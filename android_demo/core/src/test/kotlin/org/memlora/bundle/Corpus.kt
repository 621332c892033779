package org.memlora.bundle

import java.nio.file.Files
import java.nio.file.Path
import org.memlora.needs.need

/** What Python wrote and judged (`make judged` has it written); a test that asks for it needs it. */
object Corpus {
    /** Verdicts of bundles, `python -m tests.bundles.make`. */
    val bundles: Path get() = folder("bundles")

    /** Verdicts of files, `python -m tests.fuzz.verdicts`. */
    val files: Path get() = folder("files")

    private fun folder(name: String): Path {
        val folder = Path.of(System.getProperty("memlora.judged") ?: "", name)
        val missing = "no verdicts in $folder: `make judged` writes them, -Dmemlora.judged=FOLDER names others"
        need(Files.isRegularFile(folder.resolve("verdicts.json")), missing)
        return folder
    }
}
