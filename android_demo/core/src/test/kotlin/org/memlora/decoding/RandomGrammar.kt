package org.memlora.decoding

import java.util.Random

/** A random automaton of 1 to 8 states over [vocab] tokens, often with one legal token, every state with a way to an end. */
internal fun randomGrammar(seed: Long, vocab: Int): Grammar {
    val random = Random(seed)
    val states = 1 + random.nextInt(8)
    val classes = vocab + 1 // a class for each token, and one that is illegal everywhere
    val table = CharArray(states * classes) { ILLEGAL.toChar() }
    for (state in 0 until states) {
        repeat(listOf(0, 1, 1, 1, 2, 5)[random.nextInt(6)]) {
            table[state * classes + 1 + 4 + random.nextInt(vocab - 4)] = random.nextInt(states).toChar()
        }
        if (state + 1 < states) table[state * classes + 1 + 4 + random.nextInt(vocab - 4)] = (state + 1).toChar()
    }
    val accepting = BooleanArray(states) { it == states - 1 || random.nextDouble() < 0.3 }
    val kinds = CharArray(vocab) { (it + 1).toChar() }
    return Grammar("0".repeat(64), 0, kinds, table, accepting, shortestToEnd(table, accepting))
}
