package org.memlora.engines

import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import java.nio.file.Path

/** What a KV cache depends on besides the parts; equal keys and parts mean equal KV. */
public data class EngineKey(public val baseSha256: String, public val adapterSha256: String?)

/**
 * What engines are opened from: an operation's files, absolute, and the facts of the model they hold.
 *
 * [programs] are kind -> what an engine of this kind runs, [base] the data file that it reads. [adapter] null means that
 * programs have the adapter inside (merged) or have none.
 */
public data class EngineFiles(
    public val operation: String,
    public val programs: Map<String, Path>,
    public val adapter: Path?,
    public val base: Path,
    public val baseSha256: String,
    public val adapterSha256: String?,
    public val vocabSize: Int,
    public val contextLength: Int,
    public val layers: Int,
    public val kvHeads: Int,
    public val headDim: Int,
) {
    /** What an engine of [kind] runs; throws [BundleException] when the bundle was not made for it. */
    public fun program(kind: String): Path =
        programs[kind] ?: throw BundleException(
            "no $kind program for $operation: expected one, got ${programs.keys.joinToString(", ").ifEmpty { "none" }}; " +
                "export the bundle with --target $kind",
            Reason.UNLINKABLE_PARTS,
        )
}
