package org.memlora.text.tokens

/** Every token's text by id and back; [flags] say what a token is (docs/tokenizer-format.md). */
internal class Vocabulary(private val flags: ByteArray, private val texts: Texts) {
    private val slots = Hashes.slots(flags.size)

    /** One more than the highest id. */
    val size: Int get() = flags.size

    init {
        for (id in flags.indices) {
            val isAdded = !has(id, SPECIAL) || has(id, ADDED)
            val isModel = !has(id, HIDDEN) || has(id, MODEL)
            val isKnown = flags[id].toInt() and KNOWN.inv() == 0
            ensure(isKnown && isAdded && isModel, "known flags of a token") { "${flags[id]} of $id" }
            val isText = texts.length(id) > 0
            ensure(isText == exists(id), "a text for every token and no other") { "none or one too many at $id" }
            ensure(!isText || enter(id), "each text once") { "that of $id twice" }
        }
    }

    fun exists(id: Int): Boolean = id in flags.indices && flags[id].toInt() != 0

    /** Whether the model may write it, in a user's text unless [specials]. */
    fun isWritten(id: Int, specials: Boolean): Boolean = has(id, MODEL) && (specials || !has(id, HIDDEN))

    fun isAdded(id: Int): Boolean = has(id, ADDED)

    fun isSpecial(id: Int): Boolean = has(id, SPECIAL)

    fun text(id: Int): String = texts[id]

    fun points(id: Int): IntArray = texts.points(id)

    /** Which of two texts comes first by its code points, as by its bytes. */
    fun compare(a: Int, b: Int): Int {
        val (left, right) = bytes(a) to bytes(b)
        for (i in 0 until minOf(left.size, right.size)) {
            if (left[i] != right[i]) return (left[i].toInt() and 0xFF) - (right[i].toInt() and 0xFF)
        }
        return left.size - right.size
    }

    fun bytes(id: Int): ByteArray = texts.bytes.copyOfRange(texts.starts[id], texts.starts[id + 1])

    /** Bytes of the text of [id]. */
    fun length(id: Int): Int = texts.length(id)

    fun find(text: String): Int = text.toByteArray(Charsets.UTF_8).let { find(NOTHING, it, 0, it.size) }

    /** The id of [before] and then [bytes] from [from] up to [to], or -1. */
    fun find(before: ByteArray, bytes: ByteArray, from: Int, to: Int): Int {
        var slot = slot(Hashes.add(Hashes.add(Hashes.start, before, 0, before.size), bytes, from, to))
        while (slots[slot] >= 0) {
            val id = slots[slot]
            if (isText(id, before, bytes, from, to)) return id
            slot = (slot + 1) and (slots.size - 1)
        }
        return -1
    }

    private fun isText(id: Int, before: ByteArray, bytes: ByteArray, from: Int, to: Int): Boolean {
        if (length(id) != before.size + to - from) return false
        val start = texts.starts[id]
        for (i in before.indices) if (texts.bytes[start + i] != before[i]) return false
        for (i in from until to) if (texts.bytes[start + before.size + i - from] != bytes[i]) return false
        return true
    }

    private fun enter(id: Int): Boolean {
        val (from, to) = texts.starts[id] to texts.starts[id + 1]
        var slot = slot(Hashes.add(Hashes.start, texts.bytes, from, to))
        while (slots[slot] >= 0) {
            if (isText(slots[slot], NOTHING, texts.bytes, from, to)) return false
            slot = (slot + 1) and (slots.size - 1)
        }
        slots[slot] = id
        return true
    }

    private fun slot(hash: Long) = Hashes.finish(hash) and (slots.size - 1)

    private fun has(id: Int, flag: Int) = flags[id].toInt() and flag != 0

    companion object {
        private const val MODEL = 1
        private const val ADDED = 2
        private const val SPECIAL = 4
        private const val HIDDEN = 8
        private const val KNOWN = 15
        val NOTHING = ByteArray(0)
    }
}
