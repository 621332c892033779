package org.memlora.memory.rules

import org.memlora.memory.rules.english.Tables
import org.memlora.memory.rules.english.WORD
import org.memlora.memory.rules.english.entry
import org.memlora.memory.rules.english.firstLetter
import org.memlora.memory.rules.english.list
import org.memlora.memory.rules.english.stem
import org.memlora.store.forms.normalise
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.isUpper
import org.memlora.text.lower
import org.memlora.text.pattern
import org.memlora.text.splitAtBlanks

private val ADDITIVE = stems("additive")
private val MEASURES = stems("measures")
private val ATTRIBUTES = stems("attributes")
private val LIKES = stems("likes")
private val DISLIKES = stems("dislikes")
private val COUPLES = stems("couples")
private val MOVES = stems("moves")
private val GENERIC = Tables.relations.list("generic").toSet()
private val ANOTHER = pattern("\\b(?:${Tables.relations.entry("another")})\\b", IGNORECASE)
private val PLANNED = pattern("\\b(?:${Tables.relations.entry("planned")}|on|from)\\b")
private val LEAVES = pattern("(?:has |is )?mov(?:e|es|ed|ing) (?:to|out|in|into|from|back|on|away)\\b")

/** Beginnings of what is said of a subject, of which one holds at a time: where he lives, for whom he works. */
private val EXCLUSIVE =
    listOf("homes", "employers", "occupations", "schools", "teams", "readings").map {
        pattern("(?:${Tables.relations.entry(it)}) (?P<object>.+?)$OBJECT_END", IGNORECASE)
    }
private val WORDS = pattern(WORD)
private val USER = pattern("user\\b")
private val EMPTY_WORDS =
    splitAtBlanks(
        "a an the in on at of to for from with by and or but is are was were be been has have had do does did not no " +
            "now since still also his her their its my our user who that this it as any more anymore longer will would",
    ).toSet()
private const val MOST = 0.75
private const val DATED = "dwc"
private const val VALUES = "dwcn"

/** What a new statement does to an old one; [word] is how the tables write it. */
public enum class Relation(
    public val word: String,
) {
    SAME("same"),
    RETRACTS("retracts"),
    OTHER("other"),
}

/**
 * `SAME`: [new] replaces [old]; `RETRACTS`: it ends it; `OTHER`: both stand side by side. In doubt `OTHER`.
 *
 * A memory of several clauses is never ended, as the others may hold on ([remaining] judges its sentences). `SAME` needs
 * the same subject and verb, and of what is said so much that only a value differs (a number, a day, a name), or a relation
 * of which one holds at a time. `RETRACTS` needs a verb that ends something, with an object that the old memory names.
 */
public fun compare(
    old: String,
    new: String,
): Relation {
    val held = clauses(old).singleOrNull()?.let { claim(it, isCore = true) } ?: return Relation.OTHER
    val parts = clauses(new)
    val told = parts.map { claim(it) }
    if (told.any { ends(held, old, it) }) return Relation.RETRACTS
    if (ANOTHER.containsMatchIn(new) && !ANOTHER.containsMatchIn(old)) return Relation.OTHER
    val isReplaced = parts.indices.any { Comparison(held, old, claim(parts[it], isCore = true), told[it]).isReplaced() }
    return if (isReplaced) Relation.SAME else Relation.OTHER
}

/** An old claim of the memory [text] beside a new one, without its reasons and [full]. */
private class Comparison(
    private val old: Claim,
    private val text: String,
    private val new: Claim,
    private val full: Claim,
) {
    private val shared = old.content intersect full.content

    fun isReplaced(): Boolean =
        when {
            isMoved() || isReferredTo(old, full) -> true
            !old.isOf(new) -> isSaidOfAnother()
            isExclusive() || isTurned() -> true
            old.isPast || old.isNegated != new.isNegated -> false
            else -> differsInValue() || isNear() || isDone()
        }

    /** Home, employer, occupation, school, team, book, favourites: another name or word in the same place. */
    private fun isExclusive(): Boolean {
        if (!old.isNegated && !new.isNegated) {
            for (pattern in EXCLUSIVE) {
                val was = pattern.matchAt(old.predicate, 0) ?: continue
                val isNow = pattern.matchAt(new.predicate, 0) ?: continue
                return isAnother(objectOf(was), objectOf(isNow))
            }
        }
        val attribute = old.subject.lastOrNull()?.let(::stem).orEmpty()
        val isAttribute = old.subject.size > 1 && (attribute in ATTRIBUTES || "favourite" in old.subject)
        return isAttribute && old.verb == new.verb && old.subjectWords == new.subjectWords && !new.isNegated
    }

    private fun objectOf(match: MatchResult): Content = contentOf("a ${checkNotNull(match.groups["object"]).value}")

    private fun isAnother(
        first: Content,
        second: Content,
    ): Boolean {
        val was = first.words + first.names
        val isNow = second.words + second.names
        val isOther = (was - isNow).isNotEmpty() && (isNow - was).isNotEmpty() && GENERIC.containsAll(was intersect isNow)
        return isOther && first.names.isEmpty() == second.names.isEmpty()
    }

    /** Liking turned into its opposite, a couple's state into another. */
    private fun isTurned(): Boolean {
        if (old.isNegated || new.isNegated || old.isPast) return false
        val isTaste = (old.verb in LIKES) != (new.verb in LIKES)
        if (isTaste && (old.verb in DISLIKES || new.verb in DISLIKES)) {
            return old.content.isNotEmpty() && old.content == new.content
        }
        val isState = old.verb in COUPLES && new.verb in COUPLES && old.verb != new.verb
        return isState && (old.names.isEmpty() || new.names.isEmpty() || old.names.any { it in new.names })
    }

    /** The kinds of values, out of [all], that both have and that differ. */
    private fun differing(all: String): List<Char> =
        all.filter { old.kind(it).isNotEmpty() && new.kind(it).isNotEmpty() && old.kind(it) != new.kind(it) }.toList()

    /** The same words about the same subject with another number, day, weekday or clock. */
    private fun differsInValue(): Boolean {
        val kinds = differing(VALUES)
        val isMeasured = old.verb in MEASURES && new.verb in MEASURES
        if (kinds.isEmpty() || (old.verb != new.verb && !isMeasured)) return false
        if (old.content.isEmpty()) return !new.isPast && new.content.size <= if (old.subject.size < 4) 1 else 3
        val isNumber = kinds == listOf('n')
        if (new.isPast && isNumber) return false
        if (shared.size >= MOST * old.content.size) return true
        return !isNumber && 2 * shared.size >= old.content.size && old.verb !in ADDITIVE
    }

    /** Most of the words about the same subject, or all of them and more. */
    private fun isNear(): Boolean {
        val part = shared.size / maxOf(1, old.content.size).toDouble()
        if (old.verb != new.verb) return shared.size > 3 && part >= MOST
        val isRenamed = (old.names - new.names).isNotEmpty() && (new.names - old.names).isNotEmpty()
        return when {
            part == 1.0 && shared.size > 1 && !new.isPast -> true
            old.verb == "be" && isRenamed && shared.isNotEmpty() && part >= 0.5 && !new.isPast -> true
            shared.size > 3 && part >= 0.5 -> true
            else -> shared.size > 1 && part >= if (old.verb in ADDITIVE) MOST else 0.5
        }
    }

    /** `The trip was put off to May`, `Tom moved the trip to May`: half of the words of what had a day, another day. */
    private fun isMoved(): Boolean {
        val noun = (new.subjectWords - new.subjectNames).map(::stem).any { it != "user" }
        val isItsOwn = noun && !old.isOf(new) && new.subject.all { it in old.whole || it == "user" }
        if (old.isPast || new.verb !in MOVES || !(isItsOwn || old.isToldBy(new))) return false
        if (!isItsOwn && LEAVES.matchesAt(new.predicate, 0)) return false
        val common = (old.content + old.subject.drop(1)) intersect new.whole
        return differing(DATED).isNotEmpty() && common.isNotEmpty() && 2 * common.size >= old.content.size
    }

    /** What was planned and has happened: of the same day, or by the same verb with the same words. */
    private fun isDone(): Boolean {
        if (!new.isPast || shared.isEmpty()) return false
        val isOfDay = old.kind('d').any { it in new.values } && PLANNED.containsMatchIn(text)
        return isOfDay || (old.verb == new.verb && shared.size > 1)
    }

    /** The same verb and nearly the same words, whose subject is put in another way. */
    private fun isSaidOfAnother(): Boolean {
        if (old.isPast || new.isPast || old.verb != new.verb || old.isNegated != new.isNegated) return false
        val common = old.whole intersect new.whole
        return common.size > 3 && common.size >= MOST * old.whole.size
    }
}

/** In small letters the subject at the beginning of a fact, with the noun it possesses; empty where none is seen. */
public fun subject(text: String): String {
    var words = splitAtBlanks(text)
    if (words.isEmpty()) return ""
    if (lower(words[0]) == "the" && words.size > 1 && USER.matchesAt(lower(words[1]), 0)) {
        words = listOf("the ${words[1]}") + words.drop(2)
    }
    val first = lower(words[0].replace('\u2019', '\''))
    if (first == "my" || first == "our" || first.endsWith("'s") || first.endsWith("s'")) {
        return if (words.size > 1) "$first ${lower(words[1])}" else first
    }
    return if (isUpper(firstLetter(words[0])) || first.startsWith("the user") || first == "i") first else ""
}

/** Whether [new] says of the same subject all that [old] says. */
internal fun isGrown(
    old: String,
    new: String,
): Boolean = subject(old) == subject(new) && contentWords(new).containsAll(contentWords(old))

/** Whether [new] says all that [old] says, and does not take it back. */
internal fun says(
    new: String,
    old: String,
): Boolean = normalise(new) == normalise(old) || (isGrown(old, new) && compare(old, new) != Relation.RETRACTS)

/** The words of a text in small letters that are not function words. */
public fun contentWords(text: String): Set<String> = WORDS.findAll(text).map { lower(it.value) }.toSet() - EMPTY_WORDS

private fun stems(name: String): Set<String> = Tables.relations.list(name).map(::stem).toSet()
