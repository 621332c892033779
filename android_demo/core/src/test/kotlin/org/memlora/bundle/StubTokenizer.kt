package org.memlora.bundle

import java.nio.file.Path
import org.memlora.files.*

class StubTokenizer(path: Path) : BundleTokenizer {
    private val data = readBytes(path, 1 shl 26)
    override val sha256 = sha256(data)
    private val doc = parseJson(data, path.fileName.toString()) as JsonObject
    private val vocab = ((doc["model"] as JsonObject)["vocab"] as JsonObject).entries.mapValues { (it.value as JsonInteger).saturated.toInt() }
    private val special = (doc["added_tokens"] as JsonArray).items.map { ((it as JsonObject)["content"] as JsonString).value }
    private val letters: Map<Int, String> = run {
        val plain = (33..126) + (161..172) + (174..255)
        var n = 0
        (0..255).associateWith { if (it in plain) it.toChar().toString() else (256 + n++).toChar().toString() }
    }

    override fun encode(text: String, specials: Boolean): List<Int> {
        if (specials) for (s in special) {
            val at = text.indexOf(s)
            if (at >= 0) return encode(text.substring(0, at), true) + vocab.getValue(s) + encode(text.substring(at + s.length), true)
        }
        return text.toByteArray().map { vocab.getValue(letters.getValue(it.toInt() and 255)) }
    }

    override fun plainTokensFrom(first: Int): List<String> = vocab.filter { it.value >= first && it.key !in special }.keys.sorted()
}
