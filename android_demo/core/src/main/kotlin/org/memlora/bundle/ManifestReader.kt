package org.memlora.bundle

import org.memlora.files.JsonInteger
import org.memlora.files.JsonNull
import org.memlora.files.JsonObject
import org.memlora.files.JsonValue
import org.memlora.files.Record
import org.memlora.files.jsonText
import org.memlora.files.parseJson
import org.memlora.files.sha256
import java.nio.file.Files
import java.nio.file.LinkOption
import java.nio.file.Path
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Limits
import org.memlora.files.readBytes

private const val FORMAT_VERSION = 2L
private const val READER = 3L
private const val AGAIN = "fetch or export the bundle again"
private const val SEAL_BYTES = 1024L
private val KEYS =
    listOf("format_version", "min_reader", "name", "created_with", "packaging", "model", "base", "programs", "operations") +
        listOf("tokenizer", "operations_file", "embedder", "licences", "ram_bytes_min", "files", "vision")
private val MODEL_KEYS =
    listOf("architecture", "layers", "hidden_size", "heads", "kv_heads", "head_dim", "vocab_size", "context_length", "group_size")
private val BASE_KEYS = listOf("file", "index", "sha256")
private val OPERATION_KEYS =
    listOf("programs", "adapter", "grammar", "golden", "adapter_sha256", "base_sha256", "targets", "parameters") +
        listOf("prompt_sha256", "base")
private val VISION_KEYS = listOf("file", "sha256", "side", "tokens", "hidden")
private val EMBEDDER_KEYS = listOf("programs", "tokenizer", "id", "dimension", "max_tokens", "table")

/**
 * The manifest of the bundle in [folder]: the versions are read before anything else is trusted.
 *
 * Throws [BundleException], and [java.io.IOException] where it cannot be read.
 */
internal fun readManifest(folder: Path): Manifest {
    val path = folder.resolve(Manifest.FILE)
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        throw BundleException(
            "not a bundle: expected the file $path, found none; name a folder made by memlora export",
            Reason.UNLINKABLE_PARTS,
        )
    }
    val data = readBytes(path, Limits.MAX_BYTES.getValue("manifest"))
    val value = readVersions(data)
    checkSeal(folder, data)
    return readManifest(value)
}

/** The manifest in the bytes of its file; throws [BundleException]. */
internal fun parseManifest(data: ByteArray): Manifest = readManifest(readVersions(data))

private fun checkSeal(folder: Path, data: ByteArray) {
    val path = folder.resolve(Manifest.SEAL)
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        throw BundleException(
            "missing ${Manifest.SEAL}: expected it beside ${Manifest.FILE}, got none; $AGAIN",
            Reason.UNLINKABLE_PARTS,
        )
    }
    val wanted = sha256(data)
    if (!readBytes(path, SEAL_BYTES).contentEquals("$wanted  ${Manifest.FILE}\n".toByteArray(Charsets.US_ASCII))) {
        throw BundleException(
            "damaged ${Manifest.FILE} or ${Manifest.SEAL}: expected sha256 $wanted in ${Manifest.SEAL}, got another; $AGAIN",
            Reason.MALFORMED_BYTES,
        )
    }
}

private fun readVersions(data: ByteArray): JsonObject {
    val value = parseJson(data, Manifest.FILE)
    if (value !is JsonObject) {
        throw BundleException("invalid ${Manifest.FILE}: expected an object, got another value; export the bundle again")
    }
    val format = version(value, "format_version", FORMAT_VERSION)
    val reader = version(value, "min_reader", READER)
    if (reader > READER) throw unknownVersion("min_reader up to $READER", "$reader", "update memlora")
    if (format != FORMAT_VERSION) {
        val advice = if (format < FORMAT_VERSION) "export the bundle again" else "update memlora"
        throw unknownVersion("format_version $FORMAT_VERSION", "$format", advice)
    }
    return value
}

private fun version(value: JsonObject, key: String, known: Long): Long {
    val got = value[key]
    return (got as? JsonInteger)?.saturated?.takeIf { it >= 1 }
        ?: throw unknownVersion("$key up to $known", jsonText(got ?: JsonNull).take(80), "update memlora")
}

private fun unknownVersion(expected: String, got: String, advice: String) =
    BundleException("unknown version in ${Manifest.FILE}: expected $expected, got $got; $advice")

private fun readManifest(value: JsonObject): Manifest {
    val record = Record.of(value, Manifest.FILE, KEYS)
    val tokenizer = record.child("tokenizer", listOf("file", "sha256", "table"))
    val embedder = record.child("embedder", EMBEDDER_KEYS)
    return Manifest(
        name = record.text("name"),
        createdWith = record.texts("created_with"),
        packaging = record.choice("packaging", listOf(Manifest.PACKAGED, Manifest.MERGED)),
        model = model(record.child("model", MODEL_KEYS)),
        base = if (record.value("base") == JsonNull) null else base(record.child("base", BASE_KEYS)),
        programs = record.texts("programs"),
        operations = record.map("operations") { item, at -> operation(Record.of(item, at, OPERATION_KEYS)) },
        tokenizer = TokenizerFile(tokenizer.text("file"), tokenizer.text("sha256"), tokenizer.optionalText("table")),
        operationsFile = record.text("operations_file"),
        embedder =
            EmbedderFiles(
                embedder.texts("programs"),
                embedder.text("tokenizer"),
                embedder.text("id"),
                embedder.integer("dimension"),
                embedder.integer("max_tokens"),
                embedder.optionalText("table"),
            ),
        licences = record.texts("licences"),
        ramBytesMin = record.integer("ram_bytes_min"),
        files = record.map("files", ::fileEntry),
        vision = if (value["vision"] in listOf(null, JsonNull)) null else vision(record.child("vision", VISION_KEYS)),
        sha256 = sha256(jsonText(canonical(value), "," to ":", isSorted = true).toByteArray(Charsets.UTF_8)),
    )
}

private fun Record.child(key: String, known: List<String>) = Record.of(value(key), place(key), known)

private fun fileEntry(item: JsonValue, at: String): FileEntry {
    val entry = Record.of(item, at, listOf("sha256", "size"))
    return FileEntry(entry.text("sha256"), entry.integer("size"))
}

private fun base(record: Record) = BaseFiles(record.text("file"), record.text("index"), record.text("sha256"))

private fun vision(record: Record) =
    VisionFiles(
        record.text("file"),
        record.text("sha256"),
        record.integer("side"),
        record.integer("tokens"),
        record.integer("hidden"),
    )

private fun model(record: Record) =
    ModelFacts(
        record.text("architecture"),
        record.integer("layers"),
        record.integer("hidden_size"),
        record.integer("heads"),
        record.integer("kv_heads"),
        record.integer("head_dim"),
        record.integer("vocab_size"),
        record.integer("context_length"),
        record.integer("group_size"),
    )

private fun operation(record: Record) =
    OperationFiles(
        record.texts("programs"),
        record.textOrNull("adapter"),
        record.textOrNull("grammar"),
        record.textOrNull("golden"),
        record.text("adapter_sha256"),
        record.text("base_sha256"),
        record.numbers("targets"),
        record.integer("parameters"),
        record.text("prompt_sha256"),
        if (record.has("base")) base(record.child("base", BASE_KEYS)) else null,
    )

/** The manifest as it is hashed: what may be left out and is null is left out. */
private fun canonical(value: JsonObject): JsonObject {
    fun without(entry: JsonValue?, key: String): JsonValue =
        if (entry is JsonObject && entry[key] == JsonNull) JsonObject(entry.entries - key) else entry ?: JsonNull
    val operations = (value["operations"] as? JsonObject)?.entries.orEmpty().mapValues { (_, entry) -> without(entry, "base") }
    val named = listOf("tokenizer", "embedder").associateWith { without(value[it], "table") }
    val entries = if (value["vision"] == JsonNull) value.entries - "vision" else value.entries
    return JsonObject(entries + named + ("operations" to JsonObject(operations)))
}
