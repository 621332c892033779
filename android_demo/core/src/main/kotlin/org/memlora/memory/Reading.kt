package org.memlora.memory

import org.memlora.memory.rules.contentWords
import org.memlora.memory.rules.english.stem
import org.memlora.memory.rules.named
import org.memlora.memory.rules.toldOf
import org.memlora.operations.DatedMemory
import org.memlora.operations.GenerateInput
import org.memlora.operations.Message
import org.memlora.operations.isRefusal
import org.memlora.operations.speakerOf
import org.memlora.store.StoredMemory
import org.memlora.store.Turn
import org.memlora.text.PatternFlag
import org.memlora.text.days.annotate
import org.memlora.text.pattern
import org.memlora.text.sentences

/** What a question reads: turns as they stand today and what only memories tell, turns as said, or memories alone. */
public enum class Reads { BOTH, TURNS, MEMORIES }

private const val PERSON = 0.1 // more for a turn that a person said: an assistant without a name mostly repeats
private const val TOLD = 0.8 // of a sentence's words, in the memory that was taken from it
private const val LIKELY = 0.45 // of a turn that is shown beside a refusal
private val SELF = setOf("i", "i'm", "i've", "me", "we", "we're", "we've", "us", "mine", "ours")
private val FIRST_PERSON = pattern("\\b(?:I|me|my|mine|myself|we|us|our|ours)\\b", PatternFlag.IGNORECASE)

/** What was found for a question, best first. */
internal data class Reading(
    val memories: List<Recalled> = emptyList(),
    val turns: List<RecalledTurn> = emptyList(),
) {
    val isEmpty: Boolean get() = memories.isEmpty() && turns.isEmpty()

    /** Without the worst: of the turns, or where there are none of the memories. */
    fun shorter(): Reading = if (turns.isEmpty()) Reading(memories.dropLast(1)) else Reading(memories, turns.dropLast(1))

    /** The best [limit] of all; memories of no turn are at most half of them. */
    fun first(limit: Int): Reading {
        val own = memories.take(limit / 2)
        return Reading(own, turns.take(limit - own.size))
    }

    /**
     * The turns as they stand today: [taken] are the memories that were taken from each, by its id.
     *
     * [before] is what a memory said earlier, by its id.
     */
    fun withoutEnded(
        taken: Map<Long, List<StoredMemory>>,
        before: Map<Long, List<String>>,
    ): Reading {
        val standing =
            turns.mapNotNull { found ->
                standing(found.turn, taken[found.turn.id].orEmpty(), before)?.let { found.copy(turn = it) }
            }
        return Reading(memories, standing)
    }

    /** The input of `generate`: turns in the order they were said, behind memories of no turn. */
    fun asked(
        question: String,
        asker: String,
    ): GenerateInput {
        val told = memories.map { DatedMemory(it.memory.text, it.memory.day) }
        val said =
            turns.map { it.turn }.sortedBy { it.id }.map { turn ->
                DatedMemory(turn.text, turn.day, speakerOf(Message(turn.role, turn.speaker, turn.text)))
            }
        return GenerateInput(question, told + said, asker)
    }
}

/**
 * The turn without the sentences that no live one of the memories [taken] from it tells any more; null without any.
 *
 * Past ones told them, or live ones in the words that they had [before], by a memory's id. A correction may be one word,
 * so what is like it does not hold the sentence, but only what has all its words.
 */
internal fun standing(
    turn: Turn,
    taken: List<StoredMemory>,
    before: Map<Long, List<String>>,
): Turn? {
    val (past, live) = taken.partition { it.isPast }.toList().map { part -> part.flatMapTo(LinkedHashSet()) { sentences(it.text) } }
    val old = taken.flatMap { before[it.id].orEmpty() }.flatMapTo(LinkedHashSet()) { sentences(it) }
    val ended = (past - live).map(::wordsOf)
    val corrected = (old - live).map(::wordsOf)
    if (ended.isEmpty() && corrected.isEmpty()) return turn
    val held = live.map(::wordsOf)

    fun isGone(words: Set<String>): Boolean =
        (isTold(words, corrected) && held.none { it.containsAll(words) }) || (isTold(words, ended) && !isTold(words, held))
    val said = sentences(turn.text)
    val kept = said.filter { !isGone(wordsOf(it)) }
    return when {
        kept.size == said.size -> turn
        kept.isEmpty() -> null
        else -> turn.copy(text = kept.joinToString(" "))
    }
}

/**
 * The turns that were found, and the memories that none of the turns [behind] them (by a memory's id) tells.
 *
 * Those were edited, or added by hand; what they said [before], in the words of their turns, tells them no more. The
 * others find no turns.
 */
internal fun join(
    turns: List<RecalledTurn>,
    memories: List<Recalled>,
    behind: Map<Long, List<Turn>>,
    before: Map<Long, List<String>>,
): Reading {
    val own =
        memories.filter { (memory) ->
            val told = behind[memory.id].orEmpty().mapNotNull { standing(it, listOf(memory), before) }
            !isToldBy(memory.text, told)
        }
    val ranked = turns.map { if (isPerson(it.turn)) it.copy(score = it.score + PERSON) else it }
    return Reading(own, ranked.sortedWith(compareBy({ -it.score }, { it.turn.id })))
}

/** Who asks: [owner] in the first person, `Me` in a conversation whose user has no name, else nobody. */
internal fun askerOf(
    question: String,
    speakers: Collection<String>,
    owner: String,
): String {
    val me = speakerOf(Message("user", "", ""))
    if (owner.isEmpty() || owner == me) return if (speakers.all { it.isEmpty() }) me else ""
    return if (FIRST_PERSON.containsMatchIn(question)) owner else ""
}

/**
 * False for a memory that names speakers, where the question names others and none of them.
 *
 * Most wrong answers of a small model are the same fact about the other person. Every memory may answer a question that
 * names no speaker.
 */
internal fun mayAnswer(
    memory: String,
    question: String,
    speakers: Collection<String>,
): Boolean {
    val asked = named(question, speakers)
    val told = named(memory, speakers)
    return asked.isEmpty() || told.isEmpty() || asked.any { it in told }
}

/** Which words of [reading] tell of those that [question] is about ([toldOf] says who they are). */
internal class Attribution(
    reading: Reading,
    question: String,
    asker: String,
    speakers: Collection<String>,
) {
    private val turns = reading.turns.map { it.turn }
    private val told = turns.map { toldOf(it.text, it.speaker, question, asker, speakers) }
    private val isPartial = told != turns.map { it.text }
    private val asked by lazy { wordsOf(question) }
    private val said by lazy { wordsOf(turns.joinToString(" ") { annotate(it.text, it.day) }) }
    private val ofThem by lazy {
        val dated = told.zip(turns) { text, turn -> annotate(text, turn.day) }
        wordsOf((dated + reading.memories.map { it.memory.text }).joinToString(" "))
    }

    /** Whether an answer that begins so, its last word perhaps torn, may yet turn out to be of others. */
    fun isOpen(begun: String): Boolean = isPartial && (wordsOf(begun.substringBeforeLast(' ', "")) - asked).none { it in ofThem }

    /** Whether an answer's words, but for the question's, were said, and all by others of themselves. */
    fun isOfOthers(answer: String): Boolean {
        if (!isPartial) return false
        val words = wordsOf(answer) - asked
        return words.any { it in said } && words.none { it in ofThem }
    }
}

/** The answer [text] with what was read, what of it holds the answer's words, and the turn beside a refusal. */
internal fun conclude(
    text: String,
    reading: Reading,
): Answer {
    val words = contentWords(text)
    val isRefusal = isRefusal(text)
    val used = if (isRefusal) emptyList() else reading.turns.filter { found -> contentWords(found.turn.text).any { it in words } }
    val likely = reading.turns.firstOrNull()?.takeIf { isRefusal && it.score >= LIKELY }
    return Answer(text, reading.memories, reading.turns, used, likely)
}

/** Whether a turn shares at least half of a memory's words. */
private fun isToldBy(
    memory: String,
    turns: List<Turn>,
): Boolean {
    val words = contentWords(memory)
    return turns.any { turn -> 2 * contentWords("${turn.speaker} ${turn.text}").count { it in words } >= words.size }
}

private fun wordsOf(sentence: String): Set<String> = (contentWords(sentence) - SELF).mapTo(HashSet(), ::stem)

private fun isTold(
    words: Set<String>,
    by: List<Set<String>>,
): Boolean = words.isNotEmpty() && by.any { told -> words.count { it in told } >= TOLD * words.size }

private fun isPerson(turn: Turn): Boolean = turn.role == "user" || turn.speaker.isNotEmpty()
