package org.memlora.bundle

/** A file's sha256 in hex and its size in bytes. */
public data class FileEntry(public val sha256: String, public val size: Long)

/** The shape of the language model; [architecture] is the Hugging Face class name. */
public data class ModelFacts(
    public val architecture: String,
    public val layers: Long,
    public val hiddenSize: Long,
    public val heads: Long,
    public val kvHeads: Long,
    public val headDim: Long,
    public val vocabSize: Long,
    public val contextLength: Long,
    public val groupSize: Long,
) {
    /** Every number of it. */
    internal val numbers: List<Long>
        get() = listOf(layers, hiddenSize, heads, kvHeads, headDim, vocabSize, contextLength, groupSize)
}

/** The quantized base: its data file beside the graphs, its index, the data's sha256. */
public data class BaseFiles(public val file: String, public val index: String, public val sha256: String)

/**
 * An operation's files and its adapter.
 *
 * [programs] are kind of engine -> its own program. [adapterSha256] identifies the trained adapter, [baseSha256] the base
 * it was trained on; [targets] are the adapted modules' paths, each with its rank, [parameters] the number of all values.
 * In a merged bundle [adapter] is null and [base] names the operation's own base.
 */
public data class OperationFiles(
    public val programs: Map<String, String>,
    public val adapter: String?,
    public val grammar: String?,
    public val golden: String?,
    public val adapterSha256: String,
    public val baseSha256: String,
    public val targets: Map<String, Long>,
    public val parameters: Long,
    public val promptSha256: String,
    public val base: BaseFiles?,
)

/** `tokenizer.json`, its sha256, and the [table] that was compiled of it. */
public data class TokenizerFile(public val file: String, public val sha256: String, public val table: String?)

/**
 * The sentence embedder, [programs] by kind: [id] and [dimension] stand in every store's header.
 *
 * [table] is what was compiled of its [tokenizer].
 */
public data class EmbedderFiles(
    public val programs: Map<String, String>,
    public val tokenizer: String,
    public val id: String,
    public val dimension: Long,
    public val maxTokens: Long,
    public val table: String?,
)

/** The graph that sees: a picture of [side] x [side] pixels becomes [tokens] rows of [hidden] numbers. */
public data class VisionFiles(
    public val file: String,
    public val sha256: String,
    public val side: Long,
    public val tokens: Long,
    public val hidden: Long,
)

/**
 * A bundle's `manifest.json`; [sha256] is one hash for the whole bundle, that of its canonical text.
 *
 * [programs] are kind of engine -> the one program that serves every operation, adapters given beside it; [files] lists
 * every other file of the bundle by its relative path. [vision] is null where no operation reads pictures.
 */
public data class Manifest(
    public val name: String,
    public val createdWith: Map<String, String>,
    public val packaging: String,
    public val model: ModelFacts,
    public val base: BaseFiles?,
    public val programs: Map<String, String>,
    public val operations: Map<String, OperationFiles>,
    public val tokenizer: TokenizerFile,
    public val operationsFile: String,
    public val embedder: EmbedderFiles,
    public val licences: Map<String, String>,
    public val ramBytesMin: Long,
    public val files: Map<String, FileEntry>,
    public val vision: VisionFiles?,
    public val sha256: String,
) {
    /** Whether each operation has a base of its own, its adapter merged in. */
    public val isMerged: Boolean get() = packaging == MERGED

    /** Every file that an entry names, with the place that names it and what it is: a row of the limits, or `base`. */
    internal fun references(): List<Reference> {
        val named = ArrayList<Reference>()
        fun add(place: String, file: String?, role: String) {
            if (file != null) named += Reference(place, file, role)
        }
        fun add(place: String, programs: Map<String, String>) =
            programs.forEach { (kind, file) -> add("${place}programs, $kind", file, "program") }
        add("tokenizer", tokenizer.file, "tokenizer")
        add("tokenizer, table", tokenizer.table, "table")
        add("operations_file", operationsFile, "operations")
        add("embedder, tokenizer", embedder.tokenizer, "tokenizer")
        add("embedder, table", embedder.table, "table")
        add("vision", vision?.file, "program")
        add("base", base?.file, BASE)
        add("base, index", base?.index, "index")
        add("", programs)
        add("embedder, ", embedder.programs)
        for ((name, entry) in operations) add("operation $name, ", entry.programs)
        for ((name, entry) in operations) {
            add("operation $name, adapter", entry.adapter, "adapter")
            add("operation $name, grammar", entry.grammar, "grammar")
            add("operation $name, golden", entry.golden, "golden")
            add("operation $name, base", entry.base?.file, BASE)
            add("operation $name, index", entry.base?.index, "index")
        }
        return named
    }

    /** The shared base, or each operation's own. */
    internal fun bases(): List<BaseFiles> = listOfNotNull(base) + operations.values.mapNotNull { it.base }

    /** Names of the kinds of engine that programs are for. */
    internal fun kinds(): List<String> = (listOf(programs, embedder.programs) + operations.values.map { it.programs }).flatMap { it.keys }

    internal companion object {
        const val FILE = "manifest.json"
        const val SEAL = "manifest.sha256"
        const val PACKAGED = "packaged"
        const val MERGED = "merged"
        const val BASE = "base"
    }
}

/** [file] is named at [place], as what [role] says. */
internal data class Reference(val place: String, val file: String, val role: String)
