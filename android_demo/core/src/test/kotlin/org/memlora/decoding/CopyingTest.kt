package org.memlora.decoding

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Path

class CopyingTest {
    /** The embedded model's own tokenizer, as its authors' library reads it. */
    private object Embedded : Spelling {
        private val file = Path.of(System.getProperty("memlora.house"), "models/memlora-tiny/tokenizer.json")
        private val tokenizer = HuggingFaceTokenizer.newInstance(file)
        override val vocabSize = 2048

        override fun encode(text: String) = tokenizer.encode(text, false, false).ids.map { it.toInt() }

        override fun decode(tokens: List<Int>): String = tokenizer.decode(LongArray(tokens.size) { tokens[it].toLong() })
    }

    @Test
    fun `walks are those of Python`() {
        for (row in conformance("copying.json")) {
            val words = row.getValue("words").jsonArray.map { it.jsonPrimitive.content }
            val grammar = copyGrammar(words, Embedded)
            val walks = row.getValue("walks")
            if (walks is JsonNull) assertNull(grammar) else checkWalks(requireNotNull(grammar), walks.jsonArray, "$words")
        }
    }

    @Test
    fun `texts of the words are accepted and others are not`() {
        val words = listOf("peanuts", "Lotte", "and", "Bram", "1,200", "1", "sun", "sunflower42", "Dr.", "Zwolle")
        val grammar = requireNotNull(copyGrammar(words, Embedded))
        val right = listOf("peanuts", "Peanuts", "Lotte and Bram", "lotte, Bram", "1, 1,200", "sun", "sunflower42", "Dr. Bram.", "1,")
        for (text in right) assertTrue(grammar.accepts(Embedded.encode(text)), text)
        for (text in listOf("peanut", "parity", "sunflower", "Lotte Henk", "12", "Lotteand", "", "zwol")) {
            assertFalse(grammar.accepts(Embedded.encode(text)), text)
        }
        assertEquals("Lotte and Bram", Embedded.decode(Embedded.encode("Lotte and Bram")))
    }
}
