package org.memlora.files

/**
 * The limits of what a reader takes (docs/bundle-format.md, "Limits"): larger is refused before it is read.
 *
 * They lie far above what any export writes; with them the time and memory of opening are bounded by the sizes of files.
 */
public object Limits {
    private const val MIB = 1L shl 20

    /** Bytes of a file by what it is in a bundle; a base is bounded by what its index says. */
    public val MAX_BYTES: Map<String, Long> =
        mapOf(
            "manifest" to 4 * MIB,
            "operations" to 4 * MIB,
            "index" to 16 * MIB,
            "tokenizer" to 64 * MIB,
            "table" to 64 * MIB,
            "grammar" to 64 * MIB,
            "golden" to 256 * MIB,
            "adapter" to 2048 * MIB,
            "program" to 2048 * MIB,
            "other" to 64 * MIB,
        )

    /** Levels of objects and lists of a JSON value. */
    public const val MAX_JSON_DEPTH: Int = 64

    /** UTF-8 bytes of a path within a bundle. */
    public const val MAX_PATH_BYTES: Int = 255

    /** Files of a bundle. */
    public const val MAX_FILES: Int = 4096

    /** States of a grammar, and its classes. */
    public const val MAX_GRAMMAR_STATES: Int = 65_534
    public const val MAX_GRAMMAR_CLASSES: Int = 65_534

    /** Tensors of an adapter file. */
    public const val MAX_ADAPTER_TENSORS: Int = 16_384

    /** A base's data file against its tensors and its index: its head holds a key or two for each tensor. */
    public const val MAX_BASE_SLACK: Double = 1.25

    /** Normalizing and splitting steps of a tokenizer, how deep they nest, and characters of a pattern. */
    public const val MAX_TOKENIZER_STEPS: Int = 32
    public const val MAX_TOKENIZER_DEPTH: Int = 8
    public const val MAX_TOKENIZER_PATTERN: Int = 2048

    /** Tokens of a model's context. */
    public const val MAX_CONTEXT_TOKENS: Int = 131_072
    public const val MAX_VISION_SIDE: Int = 1024

    /** Nodes of a graph. */
    public const val MAX_GRAPH_NODES: Int = 100_000

    /** Levels of a message. */
    public const val MAX_MESSAGE_DEPTH: Int = 16
}
