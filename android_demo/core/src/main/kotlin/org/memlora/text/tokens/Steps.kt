package org.memlora.text.tokens

/** What the steps of a table refer to by number. */
internal class Pools(
    val texts: Texts,
    private val patterns: List<SplitPattern>,
    private val maps: List<CharacterMap>,
    val normalForm: NormalForm,
) {
    fun text(i: Int): IntArray {
        ensure(i in 0 until texts.size, "a text below ${texts.size}") { "$i" }
        return texts.points(i)
    }

    fun pattern(i: Int): SplitPattern = patterns.getOrNull(i) ?: throw invalid("a pattern below ${patterns.size}", "$i")

    fun map(i: Int): CharacterMap = maps.getOrNull(i) ?: throw invalid("a map below ${maps.size}", "$i")
}

/** The normalizer: [rows] are kind, a, b. */
internal class Normalizer(rows: IntArray, pools: Pools) {
    private val steps: List<(IntArray) -> IntArray>

    init {
        ensure(rows.size <= 3 * MAX_STEPS, "at most $MAX_STEPS steps") { "${rows.size / 3}" }
        steps = List(rows.size / 3) { step(rows[3 * it], rows[3 * it + 1], rows[3 * it + 2], pools) }
    }

    /** No step makes a character longer than a few; many of them could. */
    fun normalize(points: IntArray): IntArray = steps.fold(points) { text, step ->
        step(text).also {
            val isBounded = it.size <= MOST_GROWTH * (points.size + 16)
            ensure(isBounded, "a text at most $MOST_GROWTH times as long") { "${it.size}" }
        }
    }

    private fun step(kind: Int, a: Int, b: Int, pools: Pools): (IntArray) -> IntArray = when (kind) {
        COMPOSE -> pools.normalForm::compose
        DECOMPOSE -> pools.normalForm::decompose
        PREPEND -> prepending(pools.text(a))
        REPLACE -> replacement(pools.text(a), pools.text(b))
        MAP -> pools.map(a)::apply
        else -> throw invalid("a known step of the normalizer", "$kind")
    }

    private fun prepending(before: IntArray): (IntArray) -> IntArray {
        ensure(before.size <= MOST_BEFORE, "at most $MOST_BEFORE characters before a text") { "${before.size}" }
        return { if (it.isEmpty()) it else before + it }
    }

    private companion object {
        const val COMPOSE = 1
        const val DECOMPOSE = 2
        const val PREPEND = 3
        const val MAP = 5
        const val MOST_BEFORE = 8
        const val MOST_GROWTH = 32
    }
}

/** The pre-tokenizer: [rows] are kind, a, b. */
internal class PreTokenizer(rows: IntArray, pools: Pools) {
    private val steps: List<(Piece, MutableList<Piece>) -> Unit>

    init {
        ensure(rows.size <= 3 * MAX_STEPS, "at most $MAX_STEPS steps") { "${rows.size / 3}" }
        steps = List(rows.size / 3) { step(rows[3 * it], rows[3 * it + 1], rows[3 * it + 2], pools) }
    }

    /** The words of [piece], none empty. */
    fun words(piece: Piece): List<Piece> = steps.fold(listOf(piece)) { pieces, step ->
        ArrayList<Piece>().also { next -> for (each in pieces) step(each, next) }.filter { it.from < it.to }
    }

    private fun step(kind: Int, a: Int, b: Int, pools: Pools): (Piece, MutableList<Piece>) -> Unit = when (kind) {
        REPLACE -> replacement(pools.text(a), pools.text(b)).let { replace ->
            { piece, out -> out.add(whole(replace(piece.points.copyOfRange(piece.from, piece.to)), piece)) }
        }
        SPLIT -> Splits(pools.pattern(a), b)::split
        PREPEND_MISSING -> {
            val before = pools.text(a)
            ensure(before.size == 1 && b in ALWAYS..FIRST, "a character to begin with, always or first") { "$b" }
            val step = { piece: Piece, out: MutableList<Piece> -> out.add(prepended(piece, before, b == FIRST)) }
            { piece, out -> step(piece, out) }
        }
        else -> throw invalid("a known step of the pre-tokenizer", "$kind")
    }

    private fun prepended(piece: Piece, before: IntArray, onlyFirst: Boolean): Piece =
        if (piece.points[piece.from] == before[0] || (onlyFirst && !piece.isFirst)) {
            piece
        } else {
            whole(before + piece.points.copyOfRange(piece.from, piece.to), piece)
        }

    private fun whole(points: IntArray, piece: Piece) = Piece(points, 0, points.size, piece.isFirst)

    private companion object {
        const val SPLIT = 6
        const val PREPEND_MISSING = 7
        const val ALWAYS = 0
        const val FIRST = 1
    }
}

private const val REPLACE = 4
private const val MAX_STEPS = 64

/** Puts [content] in the place of each [text], from the left. */
internal fun replacement(text: IntArray, content: IntArray): (IntArray) -> IntArray {
    val isShort = text.isNotEmpty() && content.size <= text.size
    ensure(isShort, "a replacement that is no longer") { "${content.size} for ${text.size}" }
    return { points ->
        val out = Ints(points.size)
        var at = 0
        while (at < points.size) {
            if (at + text.size <= points.size && text.indices.all { points[at + it] == text[it] }) {
                out.addAll(content)
                at += text.size
            } else {
                out.add(points[at++])
            }
        }
        out.toArray()
    }
}
