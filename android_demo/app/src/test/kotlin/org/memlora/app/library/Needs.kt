package org.memlora.app.library

import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import java.io.File

// JUnit 4's, which JUnit 5 hears too: what core's tests throw would fail a test of Robolectric

/** Skips a test without what it needs, which [missing] says in a sentence, and fails it where CI=true. */
internal fun need(isThere: Boolean, missing: String) {
    if (System.getenv("CI") == "true") assertTrue(missing, isThere)
    assumeTrue(missing, isThere)
}

/** The folder of the bundle that tests run for real: that of `-Dmemlora.bundle`, else the one `make judged` exports. */
internal fun neededBundle(): File {
    val folder = File(checkNotNull(System.getProperty("memlora.bundle")) { "no memlora.bundle: run the tests by Maven" })
    need(File(folder, "manifest.json").isFile, "no bundle in $folder: `make judged` exports one, -Dmemlora.bundle=FOLDER names another")
    return folder
}
