package org.memlora.memory.rules

import org.memlora.memory.rules.english.Tables
import org.memlora.memory.rules.english.entry
import org.memlora.memory.rules.english.list
import org.memlora.memory.rules.english.stem
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.lower
import org.memlora.text.pattern
import org.memlora.text.splitAtBlanks

private const val OBJECT = "(?: (?:to|at|in|for|on|with|from))?(?P<object>(?: [^\\s,;.(!]+){1,5}?)$OBJECT_END"
private const val START = "(?:^|,? and |,? then |,? but |, )(?:[a-z]+ly |just |finally |has |now )?"
private const val MOST = 0.6 // of the object's words have to be the old claim's
private val PLANNED = pattern("\\b(?:${Tables.relations.entry("planned")})\\b")
private val GONE =
    pattern(
        Tables.relations.entry("gone") +
            "(?=$|[,;.!]| (?:because|and|so|but|since|on|in|at|by|from|for|yesterday|last|\\[))",
        IGNORECASE,
    )
private val REFERENCE =
    pattern(
        "\\b(?:${Tables.relations.entry("references")})(?: (?:in|on|at|a|an|the|with|by))?" +
            "(?P<object>(?: [^\\s,;.(]+){1,5})",
        IGNORECASE,
    )
private val PASSED_AWAY = pattern(".{0,12}(?:died|passed away|off)\\b")
private val JOB_WORD = pattern(" (?:job|work|position|post)$")
private val NEGATED = pattern("longer|n't| not")
private val STANDING_PASTS = setOf("buy", "join", "start", "sign", "begin")

/** Verbs that end claims of some verbs (none: of all), said of the claim's subject itself or of its owner too. */
private class Ending(
    verbs: String,
    of: String = "",
    val isOfOwner: Boolean = false,
) {
    val pattern: Regex = pattern("$START(?P<verb>${Tables.relations.entry(verbs)})$OBJECT", IGNORECASE)
    val of: Set<String> = if (of.isEmpty()) emptySet() else Tables.relations.list(of).map(::stem).toSet()
}

private val OWN = Ending("own_ends", "owned", isOfOwner = true)
private val JOB = Ending("job_ends", "jobs")
private val LOVE = Ending("love_ends", "loved")
private val PLAN = Ending("plan_ends", isOfOwner = true)
private val HABIT = Ending("habit_ends")

/** Whether [new] ends [old], whose memory is [text]: sold, left, cancelled, stopped, no longer. */
internal fun ends(
    old: Claim,
    text: String,
    new: Claim,
): Boolean {
    if (isGone(old, new)) return true
    if (old.isNegated || !old.isToldBy(new)) return false
    val isStanding = !old.isPast || old.verb in STANDING_PASTS
    return isStanding && listOf(OWN, JOB, LOVE, PLAN, HABIT).any { isEnded(it, old, text, new) }
}

private fun isEnded(
    ending: Ending,
    old: Claim,
    text: String,
    new: Claim,
): Boolean {
    if (!ending.isOfOwner && !old.isOf(new) && "favourite" !in old.subject) return false
    for (match in ending.pattern.findAll(new.predicate)) {
        val verb = checkNotNull(match.groups["verb"]).value
        val named = checkNotNull(match.groups["object"]).value
        if (ending.of.isNotEmpty() && old.verb !in ending.of && !(ending === OWN && old.subject.size > 1)) continue
        if (ending === PLAN && old.kind('d').isEmpty() && !PLANNED.containsMatchIn(text)) continue
        val content = contentOf("a$named")
        if (!old.values.containsAll(content.values)) continue
        if (ending === JOB && JOB_WORD.containsMatchIn(named)) {
            return old.verb == "work" && (new.names.isEmpty() || old.names.any { it in new.names })
        }
        val verbs = splitAtBlanks(lower(verb)).map(::stem)
        val isNegation = ending === HABIT && NEGATED.containsMatchIn(verb)
        if (isNegation && verbs.none { it in old.verbs || it == old.verb } && "favourite" !in old.subject) continue
        if (isMostlyTold(content.words + content.names, old)) return true
    }
    return false
}

private fun isMostlyTold(
    named: Set<String>,
    old: Claim,
): Boolean {
    val told = named.filter { it in old.content || it in old.subjectStems || it in old.verbs }
    return told.any { it != "user" } && told.size >= MOST * named.size
}

/** `The Fabia fell through`: what is gone is what the old claim is about. */
private fun isGone(
    old: Claim,
    new: Claim,
): Boolean {
    if (old.isPast || !GONE.matchesAt(new.predicate, 0) || old.verb == "nam" || old.verb == "cal") return false
    if (PASSED_AWAY.matchesAt(new.predicate, 0)) return old.isOf(new)
    val gone = new.subjectStems - "user"
    return gone.isNotEmpty() && old.whole.containsAll(gone)
}

/** `on 10 May instead of 12 April`: a value of the old claim, and a word more of it. */
internal fun isReferredTo(
    old: Claim,
    new: Claim,
): Boolean {
    if (old.isPast || old.isNegated || !old.isOf(new)) return false
    return REFERENCE.findAll(new.predicate).any { match ->
        val values = contentOf(checkNotNull(match.groups["object"]).value).values
        values.isNotEmpty() && old.values.containsAll(values) && old.content.any { it in new.content }
    }
}
