package org.memlora.parts

import org.memlora.errors.ContractException

/** Parts in order, tokens that stand side by side as one part. */
public fun toParts(fed: Iterable<Part>): List<Part> {
    val parts = ArrayList<Part>()
    val ids = ArrayList<Int>()
    for (part in fed) {
        when (part) {
            is Tokens -> ids += part.ids
            is Embeddings -> {
                if (ids.isNotEmpty()) parts += Tokens(ids.toList())
                ids.clear()
                parts += part
            }
        }
    }
    if (ids.isNotEmpty()) parts += Tokens(ids)
    return parts
}

/** The key of a sequence, a place each: a token, or a row of embeddings by the name of its part. */
public fun toPlaces(fed: Iterable<Part>): List<Place> =
    fed.flatMap { part ->
        when (part) {
            is Tokens -> part.ids.map(::TokenPlace)
            is Embeddings -> List(part.count) { row -> EmbeddedRow(part.name, row, part.count) }
        }
    }

/** The parts before [place] and those from it on; a place inside embeddings moves to where they begin. */
public fun split(fed: Iterable<Part>, place: Int): Pair<List<Part>, List<Part>> {
    val parts = toParts(fed)
    var left = place
    for ((number, part) in parts.withIndex()) {
        if (left < part.count) {
            val before = parts.subList(0, number)
            if (part !is Tokens || left == 0) return before to parts.drop(number)
            return before + Tokens(part.ids.take(left)) to listOf(Tokens(part.ids.drop(left))) + parts.drop(number + 1)
        }
        left -= part.count
    }
    return parts to emptyList()
}

/** The ids of a sequence of tokens; throws [ContractException] for one that holds embeddings. */
public fun tokenIds(fed: Iterable<Part>): List<Int> {
    val rows = fed.filterIsInstance<Embeddings>().sumOf { it.count }
    if (rows > 0) {
        throw ContractException(
            "cannot take embeddings: expected tokens only, got $rows rows of embeddings; use an engine that takes them",
        )
    }
    return fed.filterIsInstance<Tokens>().flatMap { it.ids }
}
