package org.memlora.app.bundle

import java.io.File

/** What a verified bundle holds, as it is shown: sizes in bytes, licences by part. */
data class Contents(
    val name: String,
    val operations: List<String>,
    val engines: List<String>,
    val bytes: Long,
    val ramBytes: Long,
    val parts: List<Part>,
    val licences: Map<String, String>,
)

/** A file of the bundle. */
data class Part(val name: String, val bytes: Long)

/** Verifies bundles; core's in the app, a scripted one in tests. */
fun interface Verifier {
    /**
     * Checks the bundle in [folder] and tells what it holds; [hashed] is told each file's bytes as they are checked and may throw to end it.
     *
     * Throws `BundleException` for one that is refused.
     */
    fun verify(folder: File, hashed: (Long) -> Unit): Contents
}
