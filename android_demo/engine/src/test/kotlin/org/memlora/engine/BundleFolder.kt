package org.memlora.engine

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.memlora.engines.EngineFiles
import org.memlora.needs.neededBundle
import java.nio.file.Files
import java.nio.file.Path

/** The bundle that the tests run for real, its manifest taken at its word. */
internal class BundleFolder(val path: Path) {
    private val manifest = Json.parseToJsonElement(String(Files.readAllBytes(path.resolve("manifest.json")))).jsonObject
    private val entries = manifest.getValue("operations").jsonObject
    val operations: List<String> = entries.keys.sorted()
    val embedder: Path = path.resolve(manifest.getValue("embedder").jsonObject.getValue("programs").jsonObject.text("onnx") ?: "none")

    fun files(operation: String): EngineFiles {
        val entry = entries.getValue(operation).jsonObject
        val model = manifest.getValue("model").jsonObject
        val base = manifest.getValue("base").jsonObject
        return EngineFiles(
            operation,
            mapOf("onnx" to path.resolve("model.onnx")),
            entry.text("adapter")?.let(path::resolve),
            path.resolve(base.text("file") ?: "none"),
            base.text("sha256").orEmpty(),
            entry.text("adapter_sha256"),
            model.number("vocab_size"),
            model.number("context_length"),
            model.number("layers"),
            model.number("kv_heads"),
            model.number("head_dim"),
        )
    }

    private fun JsonObject.text(key: String) = getValue(key).jsonPrimitive.contentOrNull

    private fun JsonObject.number(key: String) = getValue(key).jsonPrimitive.int

    companion object {
        /** The bundle of `-Dmemlora.bundle`; a test without it is skipped and says so, and fails where CI=true. */
        fun given(): BundleFolder = BundleFolder(neededBundle().toPath())
    }
}
