package org.memlora.text

import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.memlora.errors.ContractException

class TokenizerTest {
    private val goldens = File(System.getProperty("memlora.house"), "tests/conformance/tokenizers")

    @Test
    fun `every golden text has the ids of the tokenizers package`() {
        val replays = TokenizerReplay.all(goldens).map { it.run() }
        assertTrue(replays.size >= 8, "expected the golden tokenizers in $goldens, got ${replays.size}")
        assertEquals(emptyList<String>(), replays.flatMap { it.differences }.take(20))
    }

    @Test
    fun `many random texts have the ids of the tokenizers package`() {
        val folder = System.getProperty("memlora.tokenizers")
        assumeTrue(folder != null, "no -Dmemlora.tokenizers=FOLDER that python -m tests.tokenizers.goldens --out wrote")
        for (replay in TokenizerReplay.all(File(folder))) {
            val began = System.nanoTime()
            replay.run()
            val ms = (System.nanoTime() - began) / 1_000_000
            println("${replay.name}: ${replay.rows} rows, ${replay.differences.size} differences, $ms ms")
            assertEquals(emptyList<String>(), replay.differences.take(20))
        }
    }

    @Test
    fun `a long word without blanks is no slower than many short ones`() {
        for (name in listOf("gemma", "qwen2")) {
            val tokenizer = Tokenizer.open(File(goldens, "tables/$name.bin").readBytes())
            val word = "abcdefghij".repeat(20_000)
            val began = System.nanoTime()
            assertEquals(word, tokenizer.decode(tokenizer.encode(word)))
            val seconds = (System.nanoTime() - began) / 1_000_000_000
            assertTrue(seconds < 10, "$name: expected a few seconds for 200,000 letters, got $seconds")
        }
    }

    @Test
    fun `what is no text or no token is refused`() {
        val tokenizer = TokenizerReplay.all(goldens).first().tokenizer
        assertThrows<ContractException> { tokenizer.encode("a\uD800b") }
        assertThrows<ContractException> { tokenizer.idOf("<|none|>") }
        assertThrows<ContractException> { tokenizer.encodeFramed("a", -1) }
        assertEquals(null, tokenizer.tokenBytes(-1))
        assertEquals(null, tokenizer.tokenBytes(tokenizer.vocabSize))
    }
}
