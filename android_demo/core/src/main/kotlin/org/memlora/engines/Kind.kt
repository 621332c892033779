package org.memlora.engines

import org.memlora.errors.ConfigException
import org.memlora.images.Pixels
import java.nio.file.Path

/** How a runtime is to run: on how many [threads]; 0 leaves their number to the runtime. */
public data class Runtime(public val threads: Int = 0) {
    init {
        if (threads < 0) {
            throw ConfigException("wrong number of threads: expected 1 or more, got $threads; correct the number")
        }
    }
}

/** Sentences' tokens to what an embedder's program pooled; frees its runtime when closed. */
public interface Embed : AutoCloseable {
    /** Float32 `[d]` for int64 [tokens] `[T]`; throws `BundleException` when the program cannot take them. */
    public fun run(tokens: LongArray): FloatArray
}

/** A picture to the rows that a language model reads; frees its runtime when closed. */
public interface See : AutoCloseable {
    /** Float32 `[tokens * hidden]`, row after row, of a square picture; throws `BundleException` when the program cannot take it. */
    public fun run(pixels: Pixels): FloatArray
}

/**
 * One runtime: how its programs are opened and what it can do. The app names the kinds that it brings.
 *
 * [takesAdapter] says that adapters are given beside the program, which then runs without one too.
 */
public interface Kind {
    /** Its name in a bundle's `programs`. */
    public val name: String
    public val takesAdapter: Boolean

    /**
     * An engine with a KV cache of its own, with or without the operation's adapter.
     *
     * [shared] belongs to the bundle, which closes what is in it: what its engines can share is kept there. [exact] asks
     * for an engine that is exact over several tokens, where the runtime has one on this machine. Throws `BundleException`
     * when files do not fit together.
     */
    public fun openEngine(
        files: EngineFiles,
        shared: MutableMap<String, Any>,
        adapter: Boolean = true,
        exact: Boolean = false,
        runtime: Runtime = Runtime(),
    ): Engine

    /** A sentence embedder; throws `BundleException` when [program] is none. */
    public fun openEmbedder(program: Path, maxTokens: Int, runtime: Runtime = Runtime()): Embed

    /**
     * The graph that makes [tokens] rows of [hidden] numbers of a picture of [side] x [side] pixels.
     *
     * Throws `BundleException` when [program] is none, [ConfigException] where this runtime does not see.
     */
    public fun openVision(program: Path, side: Int, tokens: Int, hidden: Int, runtime: Runtime = Runtime()): See =
        throw ConfigException("no pictures: expected an engine that sees, got $name; take another one")
}
