package org.memlora.text

import java.io.File
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.memlora.errors.BundleException
import org.memlora.errors.Reason

/** Changed tables are refused by [BundleException], or read and usable. */
class TokenizerTableFuzzTest {
    private val tables = File(System.getProperty("memlora.house"), "tests/conformance/tokenizers/tables")
        .listFiles().orEmpty().sorted().map { it.readBytes() }

    @Test
    fun `changed tables are refused and nothing else happens`() {
        val seed = System.nanoTime()
        val random = Random(seed)
        var refused = 0
        for (round in 0 until ROUNDS) {
            val table = change(tables[round % tables.size], random)
            try {
                val tokenizer = Tokenizer.open(table)
                val ids = tokenizer.encode(TEXT) + tokenizer.encode(TEXT, true)
                tokenizer.encodeFramed(TEXT, 64)
                for (id in ids.toSet()) tokenizer.tokenBytes(id)
                tokenizer.settled(ids)
            } catch (e: BundleException) {
                refused++
                assertTrue(e.message!!.length < 400, e.message)
            } catch (e: org.memlora.errors.ContractException) {
                assertTrue(e.message!!.startsWith("no "), e.message)
            } catch (e: Throwable) {
                throw AssertionError("seed $seed, round $round: $e", e)
            }
        }
        assertTrue(refused > ROUNDS / 4, "expected many refusals, got $refused of $ROUNDS")
    }

    @Test
    fun `what is cut, longer or of another version is malformed`() {
        for (table in tables) {
            val changed = listOf(
                ByteArray(0), table.copyOf(40), table.copyOf(table.size - 1), table.copyOf(table.size + 1),
                table.copyOf().also { it[4] = 2 }, table.copyOf().also { it[0] = 0 },
            )
            for (bytes in changed) {
                val refusal = assertThrows<BundleException> { Tokenizer.open(bytes) }
                assertEquals(Reason.MALFORMED_BYTES, refusal.reason, refusal.message)
            }
        }
    }

    private fun change(table: ByteArray, random: Random): ByteArray {
        val changed = table.copyOf()
        repeat(random.nextInt(1, 4)) {
            val at = if (random.nextInt(4) == 0) random.nextInt(64) else random.nextInt(changed.size)
            when (random.nextInt(4)) {
                0 -> changed[at] = random.nextInt(256).toByte()
                1 -> changed[at] = (changed[at].toInt() xor (1 shl random.nextInt(8))).toByte()
                2 -> for (i in at until minOf(at + 4, changed.size)) changed[i] = EDGES.random(random).toByte()
                else -> {
                    val from = random.nextInt(changed.size)
                    val length = minOf(random.nextInt(1, 64), changed.size - maxOf(at, from))
                    changed.copyInto(changed, at, from, from + length)
                }
            }
        }
        return changed
    }

    private companion object {
        const val ROUNDS = 4000
        const val TEXT = "Zoë's  12 cafés, 東京 한국 e\u0301\u0323 <|im_end|>\n\n</s> it'S ﬁ \uD83D\uDC69 [MASK] x"
        val EDGES = intArrayOf(0, 1, 0x7F, 0x80, 0xFF)
    }
}
