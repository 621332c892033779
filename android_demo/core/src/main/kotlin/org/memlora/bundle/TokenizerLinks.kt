package org.memlora.bundle

import java.nio.file.Path
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Limits
import org.memlora.files.mapFile
import org.memlora.files.parseJson
import org.memlora.files.readBytes
import org.memlora.text.Tokenizer

private const val HEAD_BYTES = 64
private const val MAGIC = 0x4B544C4D // MLTK
private const val VERSION = 1
private const val VERSION_AT = 4 // 16 bits, and 16 that are 0
private const val HASH_AT = 8
private const val HASH_BYTES = 32
private const val SIZE_AT = 40

/**
 * The bundle's tokenizer, from the table that was compiled of its `tokenizer.json`; null where the bundle has no table.
 *
 * The document's hash is the manifest's, tables are those of the documents they stand beside, and text has no tokens
 * beyond the model's. Throws [BundleException], and [java.io.IOException] where a file cannot be read.
 */
internal fun openTokenizer(folder: Path, manifest: Manifest): Tokenizer? {
    checkDocument(folder, manifest)
    val (table, embedders) = manifest.tokenizer.table to manifest.embedder.table
    if (table != null) checkTable(folder.resolve(table), manifest, manifest.tokenizer.file)
    if (embedders != null) checkTable(folder.resolve(embedders), manifest, manifest.embedder.tokenizer)
    if (table == null) return null
    val tokenizer = readTokenizer(folder.resolve(table))
    val vocab = manifest.model.vocabSize.coerceIn(0, Int.MAX_VALUE.toLong()).toInt()
    // special tokens beyond are spelt by no text
    (vocab until tokenizer.vocabSize).firstOrNull { tokenizer.tokenBytes(it) != null }?.let { beyond ->
        throw unlinkable("foreign ${manifest.tokenizer.file}: expected text in tokens below $vocab, got token $beyond")
    }
    return tokenizer
}

/** The tokenizer in the table at [path]; throws [BundleException], and [java.io.IOException] where it cannot be read. */
internal fun readTokenizer(path: Path): Tokenizer = Tokenizer.open(readBytes(path, Limits.MAX_BYTES.getValue("table")))

/** `tokenizer.json` is the manifest's; one that is not is looked into, for it may be no JSON at all. */
private fun checkDocument(folder: Path, manifest: Manifest) {
    val (file, wanted) = manifest.tokenizer
    val got = manifest.files.getValue(file).sha256
    if (got == wanted) return
    parseJson(readBytes(folder.resolve(file), Limits.MAX_BYTES.getValue("tokenizer")), file)
    throw unlinkable("foreign $file: expected sha256 $wanted, got $got")
}

/** The head of the table at [path] says that it was compiled of the file [document]. */
private fun checkTable(path: Path, manifest: Manifest, document: String) {
    val data = mapFile(path)
    val isTable = data.limit() >= HEAD_BYTES && data.getInt(0) == MAGIC && data.getInt(VERSION_AT) == VERSION
    if (!isTable || data.getInt(SIZE_AT) != data.limit()) {
        throw BundleException(
            "malformed ${path.fileName}: expected a tokenizer's table of version $VERSION and its whole size, got another of " +
                "${data.limit()} bytes; fetch or export the bundle again",
            Reason.MALFORMED_BYTES,
        )
    }
    val got = (HASH_AT until HASH_AT + HASH_BYTES).joinToString("") { (data.get(it).toInt() and 255).toString(16).padStart(2, '0') }
    val wanted = manifest.files.getValue(document).sha256
    if (got != wanted) {
        throw unlinkable("foreign ${path.fileName}: expected the table of $document with sha256 $wanted, got that of $got")
    }
}
