package org.memlora.text.tokens

import java.util.Locale

private const val REMEMBERED = 4096 // a power of two
private const val LONGEST_REMEMBERED = 24

/** What makes tokens of a word. */
internal interface Words {
    /** Adds the ids of [word]; hidden tokens are written with [specials] alone. */
    fun tokens(word: Piece, specials: Boolean, out: Ints)
}

/** BPE whose letters are bytes, each under the printable character that stands for it. */
internal class ByteWords(
    private val vocabulary: Vocabulary,
    private val merges: Merges,
    private val unknown: Unknown,
    private val wholeWords: Boolean,
) : Words {
    private val letters = IntArray(256) { vocabulary.find(String(Character.toChars(ByteAlphabet.character(it)))) }

    override fun tokens(word: Piece, specials: Boolean, out: Ints) {
        var size = 0
        for (i in word.from until word.to) size += Utf8.size(word.points[i])
        val bytes = ByteArray(size)
        var end = 0
        for (i in word.from until word.to) end = Utf8.write(word.points[i], bytes, end)
        if (wholeWords) {
            val id = whole(bytes)
            if (id >= 0 && vocabulary.isWritten(id, specials)) return out.add(id)
        }
        val found = Ints(size)
        val pending = unknown.start(found)
        for (byte in bytes) {
            val id = letters[byte.toInt() and 0xFF]
            pending.letter(if (id >= 0 && vocabulary.isWritten(id, specials)) id else -1)
        }
        pending.end()
        merges.merge(found.toArray(), specials, out)
    }

    private fun whole(bytes: ByteArray): Int {
        val written = ByteArray(2 * bytes.size)
        var end = 0
        for (byte in bytes) end = Utf8.write(ByteAlphabet.character(byte.toInt() and 0xFF), written, end)
        return vocabulary.find(Vocabulary.NOTHING, written, 0, end)
    }
}

/** BPE whose letters are characters; what the vocabulary has not is spelt in bytes where [fallback] says so. */
internal class CharacterWords(
    private val vocabulary: Vocabulary,
    private val merges: Merges,
    private val unknown: Unknown,
    private val wholeWords: Boolean,
    fallback: Boolean,
) : Words {
    private val bytes = if (fallback) IntArray(256) { vocabulary.find("<0x%02X>".format(Locale.ROOT, it)) } else null

    override fun tokens(word: Piece, specials: Boolean, out: Ints) {
        val letter = ByteArray(4)
        if (wholeWords) {
            val id = whole(word)
            if (id >= 0 && vocabulary.isWritten(id, specials)) return out.add(id)
        }
        val letters = Ints(word.to - word.from)
        val pending = unknown.start(letters)
        for (i in word.from until word.to) {
            val end = Utf8.write(word.points[i], letter, 0)
            val id = vocabulary.find(Vocabulary.NOTHING, letter, 0, end)
            if (id >= 0 && vocabulary.isWritten(id, specials)) {
                pending.letter(id)
            } else if (bytes != null && (0 until end).all { written(bytes[letter[it].toInt() and 0xFF], specials) }) {
                for (j in 0 until end) letters.add(bytes[letter[j].toInt() and 0xFF])
            } else {
                pending.letter(-1)
            }
        }
        pending.end()
        merges.merge(letters.toArray(), specials, out)
    }

    private fun written(id: Int, specials: Boolean) = id >= 0 && vocabulary.isWritten(id, specials)

    private fun whole(word: Piece): Int {
        val text = ByteArray(4 * (word.to - word.from))
        var end = 0
        for (i in word.from until word.to) end = Utf8.write(word.points[i], text, end)
        return vocabulary.find(Vocabulary.NOTHING, text, 0, end)
    }
}

/** The token [id] for letters that are not in the vocabulary, -1: none; a run of them is one where [isFused]. */
internal class Unknown(private val id: Int, private val isFused: Boolean) {
    fun start(letters: Ints) = Pending(letters)

    /** As the tokenizers package does it, an unknown letter is written before the next known one, not before bytes. */
    inner class Pending(private val letters: Ints) {
        private var isPending = false

        fun letter(found: Int) {
            if (found >= 0) {
                end()
                letters.add(found)
            } else if (id >= 0) {
                if (isPending && !isFused) letters.add(id)
                isPending = true
            }
        }

        fun end() {
            if (isPending) letters.add(id)
            isPending = false
        }
    }
}

/** The longest piece that fits, again and again; `##` stands before one that goes on. */
internal class WordPieces(private val vocabulary: Vocabulary, private val unknown: Int, private val longestWord: Int) : Words {
    override fun tokens(word: Piece, specials: Boolean, out: Ints) {
        if (word.to - word.from > longestWord) return out.add(unknown)
        val ends = IntArray(word.to - word.from + 1)
        val bytes = ByteArray(4 * (ends.size - 1))
        for (i in 1 until ends.size) ends[i] = Utf8.write(word.points[word.from + i - 1], bytes, ends[i - 1])
        val found = Ints()
        var from = 0
        while (from < ends.size - 1) {
            val before = if (from == 0) Vocabulary.NOTHING else GOES_ON
            var to = ends.size - 1
            var id = -1
            while (to > from) {
                id = vocabulary.find(before, bytes, ends[from], ends[to])
                if (id >= 0 && vocabulary.isWritten(id, specials)) break
                id = -1
                to--
            }
            if (id < 0) return out.add(unknown)
            found.add(id)
            from = to
        }
        out.addAll(found.toArray())
    }

    private companion object {
        val GOES_ON = byteArrayOf('#'.code.toByte(), '#'.code.toByte())
    }
}

/**
 * [inner], and the tokens of short words that it was asked for lately: a text repeats its words, and a question's automaton
 * has the same small words each time. A word takes the place of another with the same hash. Any number of threads may use one.
 */
internal class RememberedWords(private val inner: Words) : Words {
    private class Entry(val word: IntArray, val specials: Boolean, val ids: IntArray)

    private val entries = arrayOfNulls<Entry>(REMEMBERED) // an entry never changes, so any thread sees a whole one

    override fun tokens(word: Piece, specials: Boolean, out: Ints) {
        val size = word.to - word.from
        if (size > LONGEST_REMEMBERED) return inner.tokens(word, specials, out)
        var hash = if (specials) 1 else 0
        for (i in word.from until word.to) hash = Hashes.of(hash, word.points[i])
        val slot = hash and (REMEMBERED - 1)
        val known = entries[slot]
        if (known != null && isSame(known, word, specials)) return out.addAll(known.ids)
        val found = Ints(size)
        inner.tokens(word, specials, found)
        val ids = found.toArray()
        entries[slot] = Entry(word.points.copyOfRange(word.from, word.to), specials, ids)
        out.addAll(ids)
    }

    private fun isSame(known: Entry, word: Piece, specials: Boolean): Boolean {
        if (known.specials != specials || known.word.size != word.to - word.from) return false
        for (i in known.word.indices) if (known.word[i] != word.points[word.from + i]) return false
        return true
    }
}
