package org.memlora.memory

import org.memlora.dialogues.Dialogue
import org.memlora.operations.Message
import org.memlora.operations.NAMELESS
import org.memlora.progress.Cancellation
import org.memlora.progress.Progress
import java.time.LocalDate

private const val TURNS_PER_EXCHANGE = 2

/** Exchanges by what became of them, and events by name; [failures] are the reasons of failed ones in order. */
public data class Tally(
    public val stored: Int,
    public val empty: Int,
    public val failed: Int,
    public val known: Int,
    public val events: Map<String, Int>,
    public val failures: List<String>,
)

/** Two turns in a row, one where a session's number of turns is odd: its [session], and the [place] in that. */
public class Told(
    public val session: String,
    public val day: LocalDate?,
    public val place: String,
    public val messages: List<Message>,
)

/**
 * The exchanges of a dialogue as the memory reads them: its first speaker is the user, everybody else an assistant.
 *
 * `Me` and the `Assistant` he talks to have no names.
 */
public fun exchanges(dialogue: Dialogue): List<Told> {
    val user = dialogue.speakers.first()
    val nameless = if (user == NAMELESS["user"]) NAMELESS.values else emptyList()
    return dialogue.sessions.flatMapIndexed { number, session ->
        val messages = session.turns.map { turn ->
            Message(if (turn.speaker == user) "user" else "assistant", turn.speaker.takeUnless { it in nameless }.orEmpty(), turn.text)
        }
        messages.chunked(TURNS_PER_EXCHANGE).mapIndexed { at, said ->
            Told("${dialogue.id}/${number + 1}", session.date, "${at * TURNS_PER_EXCHANGE}", said)
        }
    }
}

/**
 * Remembers every exchange of a dialogue in order. [told] is called after each, [within] told how far a long one is.
 *
 * What is done is told by the store alone: an exchange is there with all its facts, or not at all, so that running again
 * after a death or a cancellation repeats none and misses none. Failed exchanges are tried again. Throws `StoreException`,
 * `CancellationException` once [cancellation] is asked.
 */
@JvmOverloads
public fun Memory.ingest(
    dialogue: Dialogue,
    userId: String,
    cancellation: Cancellation? = null,
    within: Progress = Progress.SILENT,
    told: (Outcome) -> Unit = {},
): Tally {
    val outcomes = exchanges(dialogue).map { exchange ->
        cancellation?.check()
        add(exchange.messages, userId, exchange.day, exchange.session, exchange.place, cancellation = cancellation, progress = within).also(told)
    }
    val stored = outcomes.filterIsInstance<Stored>()
    val failed = outcomes.filterIsInstance<Failed>()
    val known = outcomes.count { it == Empty(ALREADY_STORED) }
    return Tally(
        stored.size,
        outcomes.count { it is Empty } - known,
        failed.size,
        known,
        stored.flatMap { it.events }.groupingBy { it.event }.eachCount().toSortedMap(),
        failed.map { it.reason },
    )
}
