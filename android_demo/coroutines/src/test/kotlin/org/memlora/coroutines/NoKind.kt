package org.memlora.coroutines

import org.memlora.engines.Embed
import org.memlora.engines.Engine
import org.memlora.engines.EngineFiles
import org.memlora.engines.Kind
import org.memlora.engines.Runtime
import java.nio.file.Path

/** A runtime that must not be asked for anything. */
internal object NoKind : Kind {
    override val name: String = "none"
    override val takesAdapter: Boolean = false

    override fun openEngine(
        files: EngineFiles,
        shared: MutableMap<String, Any>,
        adapter: Boolean,
        exact: Boolean,
        runtime: Runtime,
    ): Engine = error("no engine is to be opened")

    override fun openEmbedder(
        program: Path,
        maxTokens: Int,
        runtime: Runtime,
    ): Embed = error("no embedder is to be opened")
}
