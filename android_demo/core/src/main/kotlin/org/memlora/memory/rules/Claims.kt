package org.memlora.memory.rules

import org.memlora.memory.rules.english.BASES
import org.memlora.memory.rules.english.PASTS
import org.memlora.memory.rules.english.THIRDS
import org.memlora.memory.rules.english.Tables
import org.memlora.memory.rules.english.Token
import org.memlora.memory.rules.english.end
import org.memlora.memory.rules.english.entry
import org.memlora.memory.rules.english.firstLetter
import org.memlora.memory.rules.english.letters
import org.memlora.memory.rules.english.list
import org.memlora.memory.rules.english.plainWord
import org.memlora.memory.rules.english.start
import org.memlora.memory.rules.english.stem
import org.memlora.memory.rules.english.third
import org.memlora.memory.rules.english.tokens
import org.memlora.memory.rules.english.words
import org.memlora.text.Lately
import org.memlora.text.isUpper
import org.memlora.text.lower
import org.memlora.text.pattern
import org.memlora.text.recurringPattern
import org.memlora.text.sentences
import org.memlora.text.splitAtBlanks
import org.memlora.text.stripBlanks

private val WE = pattern("\\b[Ww]e \\((the user|[^()]+)\\)")
private val NOTE = pattern(" \\[[^\\[\\]]*\\]")
private val OPENING = pattern("^[^,:;.]{2,24}[,:] ")
private val FIRST_WORD = pattern("[^\\W_]+")

private val LEADS = Tables.relations.list("leads").toSet()
private val SKIPPED = words("adverbs") + Tables.relations.list("skipped")
private val CORE = pattern(Tables.relations.entry("cores"))
private val NOT_FORMS = setOf("isn't", "aren't", "wasn't", "hasn't", "doesn't")
private val BASE_OF =
    listOf("is", "are", "was", "were", "am", "isn't", "aren't", "wasn't").associateWith { "be" } +
        listOf("has", "have", "had", "hasn't").associateWith { "have" } +
        listOf("does", "do", "did").associateWith { "do" }
private val FINITE_THIRDS = THIRDS + words("same").map(::third)
private val ARTICLES = setOf("the", "a", "an", "and", "no", "longer", "new")
private val DETERMINERS = words("before_noun")
private val PREPOSITIONS = setOf("from", "since", "on", "in", "as", "until", "at", "by", "after", "before")
private val PAST_AUXILIARIES = setOf("was", "were", "had", "did")
private val BEFORE_BASE = setOf("not", "to", "going", "don't", "doesn't", "didn't")
private val NEGATION = pattern("\\b(?:not|no|never|nothing|[a-z]+n't)\\b")
private val ADVERB = pattern("^(?:just|now|finally|currently|still|also|recently|already|has just|has finally) ")
private const val LAST_ADVERB = 6

// a memory is compared with every fact of a turn, and is near again in the next one
private const val KEPT = 1024
private val CLAUSES = Lately(KEPT, ::clausesIn)
private val CLAIMS = Lately<Pair<String, Boolean>, Claim>(KEPT) { (clause, isCore) -> claimed(clause, isCore) }
private const val SUBJECT_REACH = 9

/** Auxiliaries and modal verbs, with their negations. */
internal val AUXILIARIES: Set<String> = words("auxiliaries") + words("modals") + NOT_FORMS

/** `I quit last Friday [1 May 2026].` without the date. */
public fun withoutNotes(text: String): String = NOTE.replace(text, "")

/** The clauses of a memory that have a subject of their own, without notes of dates; `We (Tom)` is Tom. */
internal fun clauses(text: String): List<String> = CLAUSES[text]

private fun clausesIn(text: String): List<String> {
    val plain = WE.replace(withoutNotes(stripBlanks(text))) { it.groupValues[1] }
    return sentences(plain).flatMap(::clausesOf)
}

private fun clausesOf(sentence: String): List<String> {
    var plain = sentence
    val opening = OPENING.matchAt(plain, 0)
    if (opening != null && splitAtBlanks(lower(opening.value)).none { it in AUXILIARIES }) {
        val rest = plain.substring(opening.end)
        if (isUpper(firstLetter(rest)) || rest.startsWith("the user")) plain = rest
    }
    val first = FIRST_WORD.matchAt(plain, 0)?.value.orEmpty()
    val isName = isUpper(firstLetter(first)) && lower(first) != "the" && lower(first) != "we"
    val own = "(?:the user|he|she|they|it${if (isName) "|$first" else ""})(?:'s)?(?: |$)"
    val ends = recurringPattern("; |, (?=(?:and |but |so )?$own)|(?:,? and|,? but|,? so) (?=$own)")
    return ends.split(plain).filter { it.isNotEmpty() }
}

/** What a clause claims; [isCore]: without its reasons and what follows them. */
internal fun claim(
    clause: String,
    isCore: Boolean = false,
): Claim = CLAIMS[clause to isCore]

private fun claimed(
    clause: String,
    isCore: Boolean,
): Claim {
    val text = tokens(clause)
    val found = text.parts
    val lows = found.map { it.low }
    val start = subjectStart(found)
    val verb = (start + 1 until lows.size).firstOrNull { isFinite(lows, it) } ?: lows.size
    val places = (start until verb).filter { lows[it] !in ARTICLES && lows[it] !in SKIPPED }
    val subject = places.map { found[it] }
    val names = subject.filter { isUpper(firstLetter(it.text)) }.map { plainWord(it.text) }
    val body = found.drop((places.lastOrNull() ?: start) + 1).joinToString("") { it.before + it.text } + text.tail
    val rest = lows.drop(verb)
    val main = mainVerb(rest)
    val core = if (isCore) body.substring(0, CORE.find(body)?.start ?: body.length) else body
    val content = contentOf(core)
    return Claim(
        predicate = ADVERB.replace(stripBlanks(body), ""),
        subject = subject.map { plainWord(it.text) },
        subjectNames = names.toSet() - "user",
        verb = main,
        verbs = rest.filter { it in FINITE_THIRDS || it in PASTS || it in BASES }.map(::stem).toSet(),
        words = content.words - main,
        names = content.names,
        values = content.values,
        isPast = rest.isNotEmpty() && (rest[0] in PASTS || rest[0] in PAST_AUXILIARIES),
        isNegated = NEGATION.containsMatchIn(lower(body)),
    )
}

/** The place of the subject, behind `Actually` and `From January 2025`. */
private fun subjectStart(found: List<Token>): Int {
    var start = 0
    while (start < found.size - 1 && found[start].low in LEADS) start++
    if (start < found.size && found[start].low in PREPOSITIONS) {
        for (place in start + 1 until minOf(start + SUBJECT_REACH, found.size - 1)) {
            val isUser = found[place].low == "the" && found[place + 1].low.startsWith("user")
            if (isUser || found[place].before.startsWith(",")) return place
        }
    }
    return start
}

private fun isFinite(
    lows: List<String>,
    place: Int,
): Boolean {
    val before = lows[place - 1]
    if (before in DETERMINERS || before.endsWith("'s") || before.endsWith("s'")) return false
    return lows[place] in AUXILIARIES || lows[place] in FINITE_THIRDS || lows[place] in PASTS
}

/** The stem of the verb that says what is claimed, `be`, `have` or `do` where there is no other. */
private fun mainVerb(rest: List<String>): String {
    if (rest.isEmpty() || rest[0] !in AUXILIARIES) return rest.firstOrNull()?.let(::stem).orEmpty()
    var place = 1
    while (place < minOf(rest.size, LAST_ADVERB) && (rest[place] in SKIPPED || (rest[place].endsWith("ly") && rest[place] !in BASES))) {
        place++
    }
    val after = rest.getOrElse(place) { "" }
    val before = rest[place - 1]
    val base = BASE_OF[rest[0]].orEmpty()
    val isParticiple = after in PASTS || (after.letters > 4 && (after.endsWith("ing") || after.endsWith("ed")))
    return when {
        base != "do" && isParticiple -> stem(after)
        after in BASES && (base.isEmpty() || before in BEFORE_BASE) -> stem(after)
        "be" in rest.subList(1, place) || "been" in rest.subList(1, place) -> "be"
        else -> stem(base.ifEmpty { after })
    }
}
