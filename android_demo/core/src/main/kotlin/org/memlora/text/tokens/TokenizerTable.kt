package org.memlora.text.tokens

import java.util.Locale

/** The parts of a `tokenizer.bin` (docs/tokenizer-format.md), each checked against the others. */
internal class TokenizerTable(
    val sha256: String,
    val vocabulary: Vocabulary,
    val words: Words,
    val added: AddedTokens,
    val addedNormalized: AddedTokens,
    val normalizer: Normalizer,
    val preTokenizer: PreTokenizer,
    val spelling: Spelling,
    val before: IntArray,
    val after: IntArray,
) {
    companion object {
        private const val MAGIC = "MLTK"
        private const val VERSION = 1
        private const val BYTES = 1
        private const val CHARACTERS = 2
        private const val WORD_PIECE = 3
        private const val BYTE_FALLBACK = 1
        private const val FUSE_UNKNOWN = 2
        private const val WHOLE_WORDS = 4
        private const val LONGEST_WORD = 1000

        /** Reads a file's bytes; time and memory are bounded by their number. */
        fun read(data: ByteArray): TokenizerTable {
            val bytes = TableBytes(data)
            val magic = String(bytes.take(MAGIC.length), Charsets.ISO_8859_1)
            if (magic != MAGIC) throw malformed("a file that starts with $MAGIC", magic.filter { it in ' '..'~' })
            val (version, reserved) = bytes.short() to bytes.short()
            if (version != VERSION || reserved != 0) {
                throw malformed("version $VERSION", "version $version with reserved field $reserved")
            }
            val sha256 = bytes.take(32).joinToString("") { "%02x".format(Locale.ROOT, it) }
            val size = bytes.int()
            if (size != data.size) throw malformed("$size bytes", "${data.size} bytes")
            val (model, flags) = bytes.int() to bytes.int()
            val (ids, unknown) = bytes.int() to bytes.int()
            val longestWord = bytes.int()
            val pieceFlags = bytes.take(ids)
            val vocabulary = Vocabulary(pieceFlags, bytes.texts(ids))
            val merges = Merges(bytes.records(3), vocabulary)
            val isNone = unknown == TableBytes.NONE
            val isKnown = isNone || (vocabulary.exists(unknown) && vocabulary.isWritten(unknown, true))
            ensure(isKnown, "a token for what is unknown") { "$unknown" }
            val (added, addedNormalized) = AddedTokens.read(bytes.records(2), vocabulary)
            val texts = bytes.texts(bytes.int())
            val classes = bytes.lists(2).map { CharacterClass(it) }
            val patterns = bytes.lists(4).map { SplitPattern(it, classes) }
            val maps = bytes.lists(4).map { CharacterMap(it, texts) }
            val (normalizer, preTokenizer) = bytes.records(3) to bytes.records(3)
            val form = NormalForm(bytes.records(5), bytes.records(3), bytes.records(3))
            val pools = Pools(texts, patterns, maps, form)
            val spelling = Spelling.read(bytes.ints(5), pools, vocabulary)
            val (before, after) = bytes.records(1) to bytes.records(1)
            if (bytes.left != 0) throw malformed("the end", "${bytes.left} bytes more")
            for (id in before + after) ensure(vocabulary.exists(id), "known tokens around a text") { "$id" }
            val words = words(model, flags, vocabulary, merges, unknown, longestWord)
            return TokenizerTable(
                sha256, vocabulary, RememberedWords(words), added, addedNormalized, Normalizer(normalizer, pools),
                PreTokenizer(preTokenizer, pools), spelling, before, after,
            )
        }

        private fun words(
            model: Int,
            flags: Int,
            vocabulary: Vocabulary,
            merges: Merges,
            unknown: Int,
            longestWord: Int,
        ): Words {
            val known = BYTE_FALLBACK or FUSE_UNKNOWN or WHOLE_WORDS
            ensure(flags and known.inv() == 0, "known flags of a model") { "$flags" }
            val stand = Unknown(unknown, flags and FUSE_UNKNOWN != 0)
            val wholeWords = flags and WHOLE_WORDS != 0
            return when (model) {
                BYTES -> ByteWords(vocabulary, merges, stand, wholeWords)
                CHARACTERS -> CharacterWords(vocabulary, merges, stand, wholeWords, flags and BYTE_FALLBACK != 0)
                WORD_PIECE -> {
                    val isBounded = longestWord in 0..LONGEST_WORD
                    ensure(isBounded, "words of at most $LONGEST_WORD characters") { "$longestWord" }
                    ensure(unknown >= 0, "a token for what is unknown") { "none" }
                    WordPieces(vocabulary, unknown, longestWord)
                }
                else -> throw invalid("a known model", "$model")
            }
        }
    }
}
