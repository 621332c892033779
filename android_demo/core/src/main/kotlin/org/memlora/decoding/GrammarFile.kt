package org.memlora.decoding

import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Limits.MAX_GRAMMAR_CLASSES
import org.memlora.files.Limits.MAX_GRAMMAR_STATES
import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.Path

private const val HEADER_BYTES = 56
private const val VERSION = 1
private const val UNSIGNED = 0xFFFF_FFFFL
private val MAGIC = "MLGR".toByteArray(Charsets.US_ASCII)

/** The automaton in [file]; throws as [parseGrammar], and `IOException` when it cannot be read. */
public fun readGrammar(file: Path): Grammar = parseGrammar(Files.readAllBytes(file), file.fileName.toString())

/** Reads a file's bytes; throws [BundleException] when they are not a grammar or its tables contradict each other. */
public fun parseGrammar(data: ByteArray, origin: String = "grammar"): Grammar {
    if (data.size < HEADER_BYTES || !data.copyOf(MAGIC.size).contentEquals(MAGIC)) {
        val got = data.take(8).joinToString(" ") { (it.toInt() and 255).toString(16).padStart(2, '0') }
        throw malformed(origin, "a $HEADER_BYTES-byte header that starts with MLGR", got.ifEmpty { "nothing" })
    }
    val bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)
    val place: Buffer = bytes // ByteBuffer's own position() is not on Android 26
    place.position(MAGIC.size)
    val version = bytes.getShort().toInt() and 0xFFFF
    val reserved = bytes.getShort().toInt() and 0xFFFF
    if (version != VERSION || reserved != 0) {
        throw malformed(origin, "version $VERSION", "version $version with reserved field $reserved")
    }
    val digest = ByteArray(32).also(bytes::get)
    val (vocab, states, classes, start) = List(4) { bytes.getInt().toLong() and UNSIGNED }
    if (states > MAX_GRAMMAR_STATES || classes > MAX_GRAMMAR_CLASSES) {
        throw malformed(origin, "at most $MAX_GRAMMAR_STATES states and $MAX_GRAMMAR_CLASSES classes", "$states and $classes")
    }
    val size = HEADER_BYTES + 2 * vocab + 2 * states * classes + 3 * states
    if (data.size.toLong() != size) throw malformed(origin, "$size bytes", "${data.size} bytes")
    if (start >= states) throw invalid(origin, "a start state below $states, got $start")
    val kinds = bytes.chars(vocab)
    val table = bytes.chars(states * classes)
    val least = bytes.chars(states)
    val ends = ByteArray(states.toInt()).also(bytes::get)
    if (ends.any { it.toInt() != 0 && it.toInt() != 1 }) throw invalid(origin, "0 or 1 for each end, got others")
    val hex = digest.joinToString("") { (it.toInt() and 255).toString(16).padStart(2, '0') }
    val accepting = BooleanArray(ends.size) { ends[it].toInt() == 1 }
    checkClasses(kinds, classes.toInt(), origin)
    return Grammar(hex, start.toInt(), kinds, table, accepting, least).also { check(it, origin) }
}

private fun ByteBuffer.chars(count: Long) = CharArray(count.toInt()) { getChar() }

private fun checkClasses(kinds: CharArray, classes: Int, origin: String) {
    if (kinds.any { it.code >= classes }) throw invalid(origin, "token classes below $classes, got others")
}

/** Throws [BundleException] (invalid values) unless every path can be followed to an accepting state as announced. */
private fun check(grammar: Grammar, origin: String) {
    val (states, classes) = grammar.states to grammar.classCount
    if (grammar.table.any { it.code >= states && it.code != ILLEGAL }) {
        throw invalid(origin, "next states that exist, got others")
    }
    if (classes > 0 && (0 until states).any { grammar.table[it * classes].code != ILLEGAL }) {
        throw invalid(origin, "class 0 to be illegal everywhere, got transitions")
    }
    if (grammar.minTokens.any { it.code == ILLEGAL }) {
        throw invalid(origin, "an end to be reachable from every state, got dead ends")
    }
    // No state is dead, so counts that each follow from the next ones are the shortest: one pass is enough.
    if (!oneMore(grammar.table, grammar.accepting, grammar.minTokens, used(grammar)).contentEquals(grammar.minTokens)) {
        throw invalid(origin, "the token counts to an end that its table implies, got others")
    }
}

private fun used(grammar: Grammar): IntArray {
    val seen = BooleanArray(grammar.classCount)
    for (kind in grammar.classes) seen[kind.code] = true
    return seen.indices.filter { seen[it] }.toIntArray()
}

/** The fewest tokens from each state to an accepting one, `[S]`; [ILLEGAL] where there is no way. */
internal fun shortestToEnd(table: CharArray, accepting: BooleanArray): CharArray {
    val every = IntArray(table.size / accepting.size) { it }
    var counts = CharArray(accepting.size) { if (accepting[it]) '\u0000' else ILLEGAL.toChar() }
    while (true) {
        val once = oneMore(table, accepting, counts, every)
        val shorter = CharArray(counts.size) { minOf(counts[it], once[it]) }
        if (shorter.contentEquals(counts)) return counts
        counts = shorter
    }
}

/** 0 for accepting states, for others 1 + the least of [counts] over the next states by the classes [used]. */
private fun oneMore(table: CharArray, accepting: BooleanArray, counts: CharArray, used: IntArray): CharArray {
    val classes = table.size / accepting.size
    return CharArray(accepting.size) { state ->
        var least = ILLEGAL
        for (kind in used) {
            val following = table[state * classes + kind].code
            if (following != ILLEGAL) least = minOf(least, counts[following].code)
        }
        if (accepting[state]) '\u0000' else minOf(least + 1, ILLEGAL).toChar()
    }
}

private fun malformed(origin: String, expected: String, got: String) =
    BundleException("malformed $origin: expected $expected, got $got; export the bundle again", Reason.MALFORMED_BYTES)

private fun invalid(origin: String, expected: String) =
    BundleException("invalid $origin: expected $expected; export the bundle again")
