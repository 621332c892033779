package org.memlora.memory.rules

import org.memlora.memory.rules.english.Tables
import org.memlora.memory.rules.english.list
import org.memlora.memory.rules.english.pieces
import org.memlora.memory.rules.english.stem
import org.memlora.memory.rules.english.words
import org.memlora.text.pattern

private val BLIND = Tables.relations.list("blind").map(::stem).toSet()
private val KIN = Tables.relations.list("kin").toSet()
private val EMPTY = words("prepositions") + words("determiners") + words("adverbs") + AUXILIARIES + words("empty")
private val YEAR = pattern("(?:19|20)[0-9][0-9]")

/** What an object ends before. */
internal const val OBJECT_END: String =
    "(?=,? (?:because|and|so|but|as|in|on|at|to|for|with|from|by|after|before|until|since|when|any|anymore|again|this|" +
        "last|next|now)\\b|[,;.(!]|$)"

/** One clause: of whom it tells, by which verb, with which words, names and values. Words are stems, values written as
 * texts: `d1-5-2026`, `w4`, `c570`, `n3`. */
internal class Claim(
    val predicate: String,
    val subject: List<String>,
    val subjectNames: Set<String>,
    val verb: String,
    val verbs: Set<String>,
    val words: Set<String>,
    val names: Set<String>,
    val values: Set<String>,
    val isPast: Boolean,
    val isNegated: Boolean,
) {
    /** The subject's words as a set. */
    val subjectWords: Set<String> = subject.toSet()

    /** The words and names of what is said of the subject. */
    val content: Set<String> = words + names

    /** The stems of the subject's words. */
    val subjectStems: Set<String> by lazy { subject.mapTo(HashSet(), ::stem) }

    /** [content] and the subject's words, without `user`. */
    val whole: Set<String> by lazy { content + subjectStems - "user" }

    /** The values of a kind: d dates, w weekdays, c clocks, n numbers. */
    fun kind(kind: Char): Set<String> = values.filterTo(HashSet()) { it.startsWith(kind) }

    /** Whether both have the same subject, apart from a name that one of them adds. */
    fun isOf(other: Claim): Boolean {
        if (subjectWords == other.subjectWords) return subject.isNotEmpty()
        val (short, long) = if (subjectWords.size < other.subjectWords.size) this to other else other to this
        val more = long.subjectWords - short.subjectWords
        val isPart = short.subjectWords.size < long.subjectWords.size && long.subjectWords.containsAll(short.subjectWords)
        return short.subjectWords.size > 1 && isPart && long.subjectNames.containsAll(more)
    }

    /** Whether [other] is told of the owner of this claim's subject: `the user` of `the user's car`. */
    fun isToldBy(other: Claim): Boolean {
        if (isOf(other)) return true
        val isOwner = other.subject.size == 1 && subject.firstOrNull() == other.subject[0]
        return isOwner && subject.none { it in KIN } && (subjectNames - other.subjectWords).isEmpty()
    }
}

/** What a text tells: stems of words, names, values. */
internal class Content(
    val words: Set<String>,
    val names: Set<String>,
    val values: Set<String>,
)

/** The stems of words, names and values of a text. */
internal fun contentOf(text: String): Content {
    val words = HashSet<String>()
    val names = HashSet<String>()
    val values = HashSet<String>()
    for (piece in pieces(text)) {
        when {
            piece.days.isNotEmpty() -> piece.days.mapTo(values) { "d${it.day}-${it.month}-${it.year}" }
            piece.weekday != null -> values.add("w${piece.weekday}")
            piece.clock != null -> values.add("c${piece.clock.minutes}")
            piece.values.isNotEmpty() -> {
                val number = piece.values.min()
                values.add(if (YEAR.matches(number)) "d0-0-$number" else "n$number")
            }
            piece.isName -> names.add(piece.plain)
            piece.plain.any { it in '0'..'9' } -> values.add("n${piece.plain}")
            piece.plain !in EMPTY && stem(piece.plain) !in BLIND -> words.add(stem(piece.plain))
        }
    }
    return Content(words, names, values)
}
