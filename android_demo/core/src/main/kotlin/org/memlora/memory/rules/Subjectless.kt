package org.memlora.memory.rules

import org.memlora.memory.rules.english.BASES
import org.memlora.memory.rules.english.PASTS
import org.memlora.memory.rules.english.SAME
import org.memlora.memory.rules.english.STATES
import org.memlora.memory.rules.english.Sentence
import org.memlora.memory.rules.english.THIRDS
import org.memlora.memory.rules.english.firstLetter
import org.memlora.memory.rules.english.words
import org.memlora.text.isUpper

private val OPENERS = words("openers")
private val ADVERBS = words("leading_adverbs")
private val MODALS = words("modals")
private val OBJECTS = words("determiners") + words("prepositions")
private val PREPOSITIONS = words("prepositions")
private val PRONOUNS_AFTER = words("not_before_subject")
private val BE = words("clause_verbs")
private val STARTS =
    PASTS - SAME - words("participles") - setOf("were", "being") + words("same_pasts") - words("no_report") - "was"
private val ADJECTIVES = words("adjective_pasts")
private val CONTINUOUS = words("continuous_starts")
private val STATIVE = words("stative")
private val AFTER_NOT = words("after_not")
private val WISHED = words("wished")

/** Before `be` they mostly tell of something else: `Should be Monday`. */
private val SUBJECTIVE = setOf("should", "must", "could", "might", "may", "would")
private val AFTER_MODAL = BASES - "do"
private val AFTER_SUBJECTIVE = BASES - setOf("be", "like", "do")
private val NEGATED_PASTS = setOf("haven't", "havent", "hadn't", "hadnt", "didn't", "didnt")
private val AFTER_WAS = setOf("in", "at", "born", "ill", "sick")
private val SURE =
    setOf("love", "hate", "want", "need", "prefer", "enjoy", "know", "adore", "dislike", "despise")

/** Where a subject belongs, its verb's place, and an auxiliary to add between them (empty: none). */
internal class Missing(
    val place: Int,
    val verb: Int,
    val auxiliary: String,
)

/** Where the subject is missing (`Bought a piano`); null where the sentence has one, is an order, a question, or none. */
internal fun missingSubject(sentence: Sentence): Missing? {
    val parts = sentence.parts
    if (sentence.tail.trimStart('"', '\'', ')').startsWith("?")) return null
    var place = 0
    while (place < parts.size - 1 && parts[place].low in OPENERS && sentence.after(place) != "longer") place++
    var verb = place
    if (sentence.low(place) == "no" && sentence.low(place + 1) == "longer") verb = place + 2
    while (verb < parts.size - 1 && sentence.low(verb) in ADVERBS && parts[verb + 1].before == " ") verb++
    if (sentence.low(place) == "not") {
        val isFan = sentence.low(place + 1) == "a" && (sentence.low(place + 2) == "fan" || sentence.low(place + 3) == "fan")
        return if (isFan || sentence.low(place + 1) in AFTER_NOT) Missing(place, place, "is") else null
    }
    return Opening(sentence, verb, hasAdverb = verb > place).auxiliary()?.let { Missing(place, verb, it) }
}

/** The verb that a sentence without a subject may begin with. */
private class Opening(
    private val sentence: Sentence,
    private val verb: Int,
    private val hasAdverb: Boolean,
) {
    private val low = sentence.low(verb)
    private val gap = sentence.gap(verb)
    private val follows = if (gap == " ") sentence.low(verb + 1) else ""

    /** What is added before the verb (empty: nothing), null where it is none of the speaker's. */
    fun auxiliary(): String? {
        val isLabel = verb + 1 < sentence.parts.size && gap.isNotEmpty() && gap[0] in ":/-'"
        if (low.isEmpty() || follows in PRONOUNS_AFTER || isLabel) return null
        val hasNext = follows.isNotEmpty()
        return when {
            low == "been" -> "has"
            low in STATES -> if (follows in PREPOSITIONS || verb + 1 == sentence.parts.size) STATES[low] else past()
            low in MODALS -> {
                val isOwn = follows in if (low in SUBJECTIVE) AFTER_SUBJECTIVE else AFTER_MODAL
                "".takeIf { isOwn || follows in ADVERBS }
            }
            low == "did" || low == "had" -> "".takeIf { hasNext && (low == "had" || follows in OBJECTS) }
            low == "don't" || low == "dont" -> "".takeIf { follows in STATIVE || follows in ADVERBS }
            low in NEGATED_PASTS -> ""
            low == "am" || ((low == "was" || low == "wasn't") && follows in AFTER_WAS) -> "".takeIf { hasNext }
            low in STATIVE -> "".takeIf { hasNext && isStative() }
            low in CONTINUOUS -> "is".takeIf { follows in OBJECTS && !hasOtherVerb() }
            else -> past()
        }
    }

    private fun past(): String? {
        if (low !in STARTS || follows in BE || follows in THIRDS) return null
        val isFree = low !in ADJECTIVES || follows in OBJECTS
        return "".takeIf { isFree || (follows.isNotEmpty() && isUpper(firstLetter(sentence.parts[verb + 1].text))) }
    }

    /** `Love sushi`, not `Love is ..`, `Have a nice day`, `Live music`, `Miss Smith`. */
    private fun isStative(): Boolean =
        when {
            follows in BE || follows in THIRDS -> false
            low == "live" || low == "work" || low == "suffer" -> follows in PREPOSITIONS && !hasOtherVerb()
            low == "own" || low == "have" -> {
                val isWish = follows == "a" && sentence.low(verb + 2) in WISHED
                !isWish && (low == "have" || follows in OBJECTS)
            }
            low == "like" -> {
                val isSimile = follows in PREPOSITIONS || follows == "a" || follows == "an"
                !isSimile && sentence.parts.drop(verb).none { ',' in it.before }
            }
            low == "miss" -> !isUpper(firstLetter(sentence.parts[verb + 1].text))
            else -> low in SURE || hasAdverb
        }

    /** Whether the clause goes on with a verb of something else: `Learning Greek is hard`. */
    private fun hasOtherVerb(): Boolean {
        val clause = sentence.parts.drop(verb + 1).takeWhile { ',' !in it.before && ';' !in it.before }
        return clause.any { it.low in BE }
    }
}
