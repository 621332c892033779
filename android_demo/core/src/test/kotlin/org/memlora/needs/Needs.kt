package org.memlora.needs

import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import java.io.File

/** Skips a test without what it needs, which [missing] says in a sentence, and fails it where CI=true. */
fun need(
    isThere: Boolean,
    missing: String,
) {
    if (System.getenv("CI") == "true") assertTrue(isThere, missing)
    assumeTrue(isThere, missing)
}

/** The folder of the bundle that tests run for real: that of `-Dmemlora.bundle`, else the one `make judged` exports. */
fun neededBundle(): File {
    val folder = File(checkNotNull(System.getProperty("memlora.bundle")) { "no memlora.bundle: run the tests by Maven" })
    need(File(folder, "manifest.json").isFile, "no bundle in $folder: `make judged` exports one, -Dmemlora.bundle=FOLDER names another")
    return folder
}

/** The folder of a bundle that sees and of what Python makes of it: that of `-Dmemlora.seeing`, else the one of `make judged`. */
fun neededSeeing(): File {
    val folder = File(checkNotNull(System.getProperty("memlora.seeing")) { "no memlora.seeing: run the tests by Maven" })
    need(File(folder, "said.json").isFile, "no bundle that sees in $folder: `make judged` exports one, -Dmemlora.seeing=FOLDER names another")
    return folder
}
