package org.memlora.decoding

import org.memlora.files.BY_CODE_POINTS
import org.memlora.files.Limits.MAX_GRAMMAR_CLASSES
import org.memlora.files.Limits.MAX_GRAMMAR_STATES
import org.memlora.text.isBlank
import java.util.Locale

private val MARKS = listOf(",", ".", ";", ":", "!", "?", ")", "%")
private const val BEGINNING = 0
private const val BEHIND = 1 // behind a mark, or a whole word: the words that follow a blank

/** What an automaton of words asks of a tokenizer: special tokens in a text are plain characters. */
public interface Spelling {
    /** One more than the highest id. */
    public val vocabSize: Int

    /** Token ids of [text], nothing added. */
    public fun encode(text: String): List<Int>

    /** The text of [tokens]. */
    public fun decode(tokens: List<Int>): String
}

/** A place in the tree: the tokens that may follow, and whether a word ends here. */
private class Node(var isEnd: Boolean = false) {
    val following = LinkedHashMap<Int, Int>()
}

/**
 * The automaton of texts made of [words], which no other word gets through.
 *
 * A text of it is words with blanks between them, each perhaps with a mark behind it (`Anneke, Lotte.`). A word is spelled
 * as [spelling] spells it at the beginning of a text or behind a blank; the tokens of all words form one tree. Null
 * without a word, for a tokenizer that spells a word behind a blank otherwise than it reads it (one that writes blanks of
 * its own), and for more words than an automaton holds.
 */
public fun copyGrammar(words: Iterable<String>, spelling: Spelling): Grammar? {
    if (spelling.decode(spelling.encode("a") + spelling.encode(" b")) != "a b") return null
    val tree = Tree(spelling)
    words.filter { word -> word.any { !isBlank(it.code) } }.distinct().sortedWith(BY_CODE_POINTS).forEach(tree::add)
    return tree.grammar()
}

private class Tree(private val spelling: Spelling) {
    private val nodes = arrayListOf(Node(), Node(isEnd = true))

    fun add(word: String) {
        val first = word.substring(0, word.offsetByCodePoints(0, 1))
        val small = first.lowercase(Locale.ROOT) + word.substring(first.length)
        val capital = first.uppercase(Locale.ROOT) + word.substring(first.length)
        for (form in setOf(word, capital, small)) add(BEGINNING, spelling.encode(form))
        for (form in setOf(word, small)) add(BEHIND, spelling.encode(" $form"))
    }

    private fun add(root: Int, tokens: List<Int>) {
        var place = root
        for (token in tokens) {
            place = nodes[place].following.getOrPut(token) { nodes.size.also { nodes += Node() } }
        }
        nodes[place].isEnd = true
    }

    fun grammar(): Grammar? {
        val marks = MARKS.mapNotNull { spelling.encode(it).singleOrNull() }
        for (node in nodes.drop(2)) if (node.isEnd) addMarks(node, marks)
        val tokens = nodes.flatMap { it.following.keys }.distinct().sorted()
        if (nodes[BEGINNING].following.isEmpty() || nodes.size > MAX_GRAMMAR_STATES || tokens.size >= MAX_GRAMMAR_CLASSES) return null
        return tables(tokens)
    }

    /** A mark behind a whole word; a longer word that goes on with that mark may stop at it too. */
    private fun addMarks(node: Node, marks: List<Int>) {
        for (mark in marks) {
            val longer = node.following[mark]
            if (longer != null) nodes[longer].isEnd = true else node.following[mark] = BEHIND
        }
    }

    /** Behind each whole word the words that follow a blank, too. */
    private fun tables(tokens: List<Int>): Grammar {
        val width = tokens.size + 1
        val kinds = CharArray(spelling.vocabSize)
        tokens.forEachIndexed { i, token -> kinds[token] = (i + 1).toChar() }
        val table = CharArray(nodes.size * width) { ILLEGAL.toChar() }
        nodes.forEachIndexed { place, node ->
            for ((token, to) in node.following) table[place * width + kinds[token].code] = to.toChar()
        }
        for (place in nodes.indices) {
            if (!nodes[place].isEnd) continue
            for ((token, to) in nodes[BEHIND].following) {
                val at = place * width + kinds[token].code
                if (table[at].code == ILLEGAL) table[at] = to.toChar()
            }
        }
        val accepting = BooleanArray(nodes.size) { nodes[it].isEnd }
        return Grammar("0".repeat(64), BEGINNING, kinds, table, accepting, least())
    }

    private fun least(): CharArray {
        val least = IntArray(nodes.size)
        for (place in nodes.indices.reversed()) { // what follows inside a word stands later in the list
            if (nodes[place].isEnd) continue
            least[place] = 1 + (nodes[place].following.values.minOfOrNull { least[it] } ?: nodes.size)
        }
        return CharArray(nodes.size) { minOf(least[it], ILLEGAL - 1).toChar() }
    }
}
