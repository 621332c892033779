package org.memlora.bundle

import java.nio.file.Path
import org.memlora.decoding.readGrammar
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Limits
import org.memlora.files.Saturating
import org.memlora.operations.pictured
import org.memlora.weights.QuantizedBase
import org.memlora.weights.readAdapter
import org.memlora.weights.unstack

private val LAYER = Regex("^model\\.layers\\.([0-9]{1,6})\\.")

internal fun unlinkable(message: String) = BundleException("$message; fetch or export the bundle again", Reason.UNLINKABLE_PARTS)

internal fun invalid(message: String) = BundleException("$message; fetch or export the bundle again")

/** Bases and adapters belong together; throws [BundleException], and [java.io.IOException] where a file cannot be read. */
internal fun checkLinks(folder: Path, manifest: Manifest) {
    val shared = manifest.base?.let { checkBase(folder, manifest, it) }
    for ((name, entry) in manifest.operations) {
        if (manifest.isMerged) {
            if (entry.base == null || entry.adapter != null) {
                throw unlinkable("incomplete operation $name: expected a merged base of its own, got none")
            }
            checkBase(folder, manifest, entry.base)
        } else {
            if (shared == null || entry.base != null) {
                throw unlinkable("incomplete operation $name: expected the one shared base, got another or none")
            }
            checkAdapter(folder, name, entry, shared, manifest.programs.values)
        }
        if (entry.grammar != null) checkGrammar(folder, entry.grammar, manifest)
    }
    checkVision(manifest)
}

/** The graph that sees is the one named, gives rows of the model's width, and is there where it is needed. */
private fun checkVision(manifest: Manifest) {
    val vision = manifest.vision
    if (vision == null) {
        val blind = pictured().firstOrNull { it in manifest.operations } ?: return
        throw unlinkable("incomplete operation $blind: expected vision in ${Manifest.FILE}, got none")
    }
    val most = manifest.model.contextLength - 1
    if (vision.side !in 1..Limits.MAX_VISION_SIDE || vision.tokens !in 1..most) {
        throw invalid(
            "invalid vision in ${Manifest.FILE}: expected a side of 1 to ${Limits.MAX_VISION_SIDE} pixels and 1 to $most " +
                "tokens, got ${vision.side} and ${vision.tokens}",
        )
    }
    val listed = manifest.files.getValue(vision.file).sha256
    if (vision.sha256 != listed) {
        throw unlinkable("${vision.file} is for another bundle: expected sha256 ${vision.sha256}, got $listed")
    }
    val width = manifest.model.hiddenSize
    if (vision.hidden != width) {
        throw unlinkable("${vision.file} is for another bundle: expected rows of width $width, got ${vision.hidden}")
    }
}

/** The index fits the data and the manifest; the opened base. */
private fun checkBase(folder: Path, manifest: Manifest, base: BaseFiles): QuantizedBase {
    val opened = QuantizedBase.open(folder, base.index)
    fun require(what: String, expected: Any, got: Any) {
        if (expected != got) throw unlinkable("${base.index} is for another base: expected $what $expected, got $got")
    }
    require("file", base.file, opened.path.fileName.toString())
    require("sha256", manifest.files.getValue(base.file).sha256, opened.sha256)
    require("sha256", base.sha256, opened.sha256)
    require("group size", manifest.model.groupSize, opened.groupSize)
    checkFacts(manifest.model, opened, base.index)
    return opened
}

/** The manifest's shape of the model is that of the base's tensors, which bounds what engines reserve. */
private fun checkFacts(model: ModelFacts, base: QuantizedBase, index: String) {
    if (model.numbers.any { it < 1 } || model.contextLength > Limits.MAX_CONTEXT_TOKENS) {
        throw invalid(
            "invalid model in ${Manifest.FILE}: expected numbers from 1 on and a context of at most " +
                "${Limits.MAX_CONTEXT_TOKENS} tokens, got ${model.numbers}",
        )
    }
    val layers = base.tensors.keys.mapNotNullTo(HashSet()) { LAYER.find(it)?.groupValues?.get(1)?.toLong() }
    if (layers.size.toLong() != model.layers || layers.any { it >= model.layers }) {
        throw unlinkable("$index is for another model: expected ${model.layers} layers, got ${layers.size}")
    }
    fun require(tensor: String, rows: Long) {
        val shape = base.tensors[tensor]?.shape ?: return
        val wanted = listOf(rows, model.hiddenSize)
        if (shape != wanted) {
            throw unlinkable("$index is for another model: expected $tensor $wanted by ${Manifest.FILE}, got $shape")
        }
    }
    require("model.embed_tokens.weight", model.vocabSize)
    for (layer in layers) {
        val attention = "model.layers.$layer.self_attn"
        require("$attention.q_proj.weight", Saturating.product(model.heads, model.headDim))
        for (side in listOf("k_proj", "v_proj")) {
            require("$attention.$side.weight", Saturating.product(model.kvHeads, model.headDim))
        }
    }
}

/**
 * The adapter is for this base, has exactly the tensors of its targets, finite, and an effect.
 *
 * [programs] serve every operation: with one, each has an adapter.
 */
private fun checkAdapter(folder: Path, name: String, entry: OperationFiles, base: QuantizedBase, programs: Collection<String>) {
    if (entry.baseSha256 != base.sha256) {
        throw unlinkable("adapter of $name is for another base: expected base sha256 ${base.sha256}, got ${entry.baseSha256}")
    }
    val file = entry.adapter
    if (file == null) {
        if (programs.isEmpty()) return
        throw unlinkable("incomplete operation $name: expected an adapter for ${programs.min()}, got none")
    }
    if (entry.targets.isEmpty()) throw unlinkable("partial adapter $file: expected 1 or more modules, got none")
    val least = entry.targets.values.min()
    if (least < 1) throw invalid("invalid adapter $file: expected ranks from 1 on, got $least")
    val pairs = unstack(file, readAdapter(folder.resolve(file)).tensors, entry.targets, base)
    val values = pairs.values.sumOf { it.down.size + it.up.size }
    if (values != entry.parameters) throw unlinkable("partial adapter $file: expected ${entry.parameters} values, got $values")
    if (pairs.values.none { it.down.any() && it.up.any() }) {
        throw BundleException("no-op adapter $file: expected an effect, got only zeros; train it first")
    }
}

/** The grammar is well formed and for this tokenizer. */
private fun checkGrammar(folder: Path, file: String, manifest: Manifest) {
    val grammar = readGrammar(folder.resolve(file))
    val vocab = manifest.model.vocabSize
    if (grammar.tokenizerSha256 != manifest.tokenizer.sha256 || grammar.vocabSize > vocab) {
        throw unlinkable(
            "$file is for another tokenizer: expected sha256 ${manifest.tokenizer.sha256} and at most $vocab tokens, " +
                "got ${grammar.tokenizerSha256} and ${grammar.vocabSize}",
        )
    }
}
