package org.memlora.text

import org.memlora.errors.BundleException
import org.memlora.errors.ContractException
import org.memlora.text.tokens.Ints
import org.memlora.text.tokens.Piece
import org.memlora.text.tokens.TokenizerTable
import org.memlora.text.tokens.Utf8

/**
 * Text to token ids and back; user text can never become a special token.
 *
 * Its ids are those of the Python runtime, which reads the `tokenizer.json` that the table was compiled of. Any number
 * of threads may use one.
 */
public class Tokenizer private constructor(private val table: TokenizerTable) {
    private val vocabulary = table.vocabulary

    /** Hash of the `tokenizer.json` in hex; grammars are compiled for, and name, one such hash. */
    public val sha256: String get() = table.sha256

    /** One more than the highest id. */
    public val vocabSize: Int get() = vocabulary.size

    /** Ids of the special tokens. */
    public val specialIds: Set<Int> by lazy { (0 until vocabSize).filter(vocabulary::isSpecial).toSet() }

    /**
     * Token ids of [text], nothing added; without [specials], special tokens in [text] are plain characters.
     *
     * Throws [ContractException] for half a surrogate pair, which is no text.
     */
    public fun encode(text: String, specials: Boolean = false): IntArray {
        val out = Ints(text.length)
        val points = Utf8.points(text)
        for (span in table.added.split(points, specials)) {
            if (span.id >= 0) {
                out.add(span.id)
                continue
            }
            val normalized = table.normalizer.normalize(points.copyOfRange(span.from, span.to))
            for (part in table.addedNormalized.split(normalized, specials)) {
                if (part.id >= 0) {
                    out.add(part.id)
                    continue
                }
                val piece = Piece(normalized, part.from, part.to, span.from == 0 && part.from == 0)
                for (word in table.preTokenizer.words(piece)) table.words.tokens(word, specials, out)
            }
        }
        return out.toArray()
    }

    /** Token ids of [text] between the model's own special tokens, cut to [maxTokens] in all: for embedders. */
    public fun encodeFramed(text: String, maxTokens: Int): IntArray {
        val room = maxTokens - table.before.size - table.after.size
        if (room < 0) {
            throw ContractException(
                "no room for a text: expected at least ${maxTokens - room} tokens, got $maxTokens; allow more of them",
            )
        }
        val ids = encode(text)
        return table.before + ids.copyOf(minOf(ids.size, room)) + table.after
    }

    /** Text of [tokens], special and unknown ones left out; bytes that are not UTF-8 become U+FFFD. */
    public fun decode(tokens: IntArray): String =
        table.spelling.decode(tokens.filter { vocabulary.exists(it) && !vocabulary.isSpecial(it) }.toIntArray())

    /** What of the text of [tokens] stays whatever follows: no part of a character, nor of a run of bytes. */
    public fun settled(tokens: IntArray): String {
        var end = tokens.size
        while (end > 0 && vocabulary.exists(tokens[end - 1]) && table.spelling.byte(tokens[end - 1]) >= 0) end--
        return decode(tokens.copyOf(end)).trimEnd('\uFFFD')
    }

    /** The id of the token written exactly [token]; throws [ContractException] when there is none. */
    public fun idOf(token: String): Int {
        val id = vocabulary.find(token)
        if (id >= 0) return id
        throw ContractException("unknown token: expected one of $vocabSize tokens, got '$token'; name one of these")
    }

    /** Tokens with ids from [first] on that a text can spell, as they are written, sorted by their code points. */
    public fun plainTokensFrom(first: Int): List<String> {
        val inert = table.added.inert + table.addedNormalized.inert
        val spelt = (maxOf(first, 0) until vocabSize).filter {
            vocabulary.exists(it) && !vocabulary.isSpecial(it) && it !in inert
        }
        return spelt.sortedWith { a, b -> vocabulary.compare(a, b) }.map(vocabulary::text)
    }

    /**
     * The bytes that [token] adds to a text; null for specials and unused ids.
     *
     * Throws [BundleException] where the tokenizer has no decoder.
     */
    public fun tokenBytes(token: Int): ByteArray? = when {
        !vocabulary.exists(token) || vocabulary.isSpecial(token) -> null
        vocabulary.isAdded(token) -> vocabulary.bytes(token)
        else -> table.spelling.bytes(token)
    }

    public companion object {
        /** Reads the bytes of a `tokenizer.bin` (docs/tokenizer-format.md); throws [BundleException]. */
        public fun open(bytes: ByteArray): Tokenizer = Tokenizer(TokenizerTable.read(bytes))
    }
}
