package org.memlora.bundle

import java.io.IOException
import java.nio.file.FileSystemException
import java.nio.file.InvalidPathException
import java.nio.file.Path
import org.memlora.decoding.Grammar
import org.memlora.decoding.readGrammar
import org.memlora.engines.EngineFiles
import org.memlora.errors.BundleException
import org.memlora.errors.ConfigException
import org.memlora.errors.Reason
import org.memlora.files.FileSignature
import org.memlora.operations.OperationPrompt
import org.memlora.text.Tokenizer

/** An opened and verified bundle in the folder [path]: what it holds, and what engines are opened from. */
public class Bundle private constructor(
    public val path: Path,
    public val manifest: Manifest,
    private val table: Tokenizer?,
    private val prompts: Map<String, OperationPrompt>,
    private val seen: Map<String, FileSignature>,
) {
    private val grammars = HashMap<String, Grammar>()

    /** Its tokenizer; throws [BundleException] for a bundle without a table, which can be verified and not run. */
    public val tokenizer: Tokenizer
        get() = table ?: throw withoutTable(manifest.tokenizer.file)

    /** One hash for the whole bundle. */
    public val sha256: String get() = manifest.sha256

    /** Names of the operations it holds, sorted. */
    public val operations: List<String> get() = manifest.operations.keys.sorted()

    /** The entry of operation [name]; throws [ConfigException] when the bundle has none. */
    public fun operation(name: String): OperationFiles =
        manifest.operations[name] ?: throw ConfigException(
            "unknown operation: expected one of ${operations.joinToString(", ")}, got '$name'; name one of these",
        )

    /** The prompt, stop tokens and limits of operation [name]; throws as [operation]. */
    public fun prompt(name: String): OperationPrompt {
        operation(name)
        return prompts.getValue(name)
    }

    /** The automaton that constrains operation [name], null for free text; throws as [operation] and [open]. */
    public fun grammar(name: String): Grammar? {
        val file = operation(name).grammar ?: return null
        return synchronized(grammars) { grammars.getOrPut(name) { reading(path) { readGrammar(file(file)) } } }
    }

    /** The parity vectors of operation [name], null where it has none; throws as [operation] and [open]. */
    public fun golden(name: String): Path? = operation(name).golden?.let(::file)

    /** What an engine for operation [name] is opened from, no file changed since it was checked; throws as [open]. */
    public fun engineFiles(name: String): EngineFiles {
        val entry = operation(name)
        val model = manifest.model
        val base = entry.base ?: manifest.base
            ?: throw BundleException("missing base of $name: expected one, got none; export the bundle again", Reason.UNLINKABLE_PARTS)
        if (model.numbers.any { it > Int.MAX_VALUE }) {
            throw BundleException("endless model: expected numbers of at most 2^31 - 1, got ${model.numbers}; export the bundle again")
        }
        val programs = entry.programs + (if (entry.adapter != null) manifest.programs else emptyMap())
        return EngineFiles(
            operation = name,
            programs = programs.mapValues { (_, file) -> file(file) },
            adapter = entry.adapter?.let { file(it) },
            base = file(base.file),
            baseSha256 = base.sha256,
            adapterSha256 = entry.adapterSha256,
            vocabSize = model.vocabSize.toInt(),
            contextLength = model.contextLength.toInt(),
            layers = model.layers.toInt(),
            kvHeads = model.kvHeads.toInt(),
            headDim = model.headDim.toInt(),
        )
    }

    /** The embedder's tokenizer; throws as [tokenizer] and [open]. */
    internal fun embedderTokenizer(): Tokenizer {
        val files = manifest.embedder
        return reading(path) { readTokenizer(file(files.table ?: throw withoutTable(files.tokenizer))) }
    }

    private fun withoutTable(document: String) =
        unlinkable("no table of $document: expected one named in ${Manifest.FILE}, got none")

    /** The file [name], unchanged since it was checked; throws [BundleException]. */
    internal fun file(name: String): Path = reading(path) { checkUnchanged(path, name, seen) }

    public companion object {
        /**
         * Checks the bundle in folder [path] and opens it: versions, paths, sizes, hashes, then how the parts fit.
         *
         * [verify] false leaves out only the hashes, for a folder that this process has just verified. [hashed] is called
         * with name and size in bytes after each hashed file. Throws [BundleException], whose reason is the class of the
         * refusal.
         */
        @JvmStatic
        @JvmOverloads
        public fun open(
            path: Path,
            verify: Boolean = true,
            hashed: (String, Long) -> Unit = { _, _ -> },
        ): Bundle {
            val folder = path.toAbsolutePath()
            return reading(folder) {
                val manifest = readManifest(folder)
                checkPaths(manifest)
                checkSizes(manifest)
                val seen = checkTree(folder, manifest)
                if (verify) checkHashes(folder, manifest, hashed)
                val tokenizer = openTokenizer(folder, manifest)
                checkLinks(folder, manifest)
                val prompts = readPrompts(folder, manifest, tokenizer)
                for (name in seen.keys) checkUnchanged(folder, name, seen)
                Bundle(folder, manifest, tokenizer, prompts, seen)
            }
        }

        /** What [read] gives; a file that cannot be read makes a part of the bundle in [folder] unlinkable. */
        private fun <T> reading(folder: Path, read: () -> T): T =
            try {
                read()
            } catch (e: IOException) {
                throw unreadable(folder, (e as? FileSystemException)?.file, e)
            } catch (e: InvalidPathException) {
                throw unreadable(folder, e.input, e)
            }

        private fun unreadable(folder: Path, file: String?, cause: Exception): BundleException {
            val where = file?.substringAfterLast('/') ?: folder.fileName?.toString() ?: "the bundle"
            return BundleException(
                "cannot read $where: expected a readable file, got ${cause.javaClass.simpleName}; check its permissions and disk",
                Reason.UNLINKABLE_PARTS,
                cause,
            )
        }
    }
}
