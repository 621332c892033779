package org.memlora.app.memories

import org.memlora.app.assistant.Host
import org.memlora.app.assistant.Memory
import org.memlora.app.assistant.Story
import org.memlora.app.assistant.sentence
import org.memlora.app.work.Live
import org.memlora.app.work.Task
import java.io.OutputStream
import java.time.LocalDate

/** What is listed: everything or what fits [query], of [person] (null: of all), said in the last [days] (null: ever). */
data class Wish(val query: String = "", val person: String? = null, val days: Int? = null, val includePast: Boolean = false)

/** The list; [people] are all who said something, [failure] is why there is none. */
data class Listing(val memories: List<Memory>, val people: List<String>, val failure: String? = null)

/** The memories as they are looked through, changed, taken along and erased. */
class Shelf(
    private val host: Host,
    private val today: () -> LocalDate,
    private val onForgotten: (Set<Long>) -> Unit,
    private val beforeErasing: () -> (() -> Unit), // what it gives is called after
    private val onErased: () -> Unit,
) {
    var wish: Wish = Wish()
        private set

    val listing: Live<Listing> = Live(Listing(emptyList(), emptyList()))

    private var found = emptyList<Memory>()

    @Volatile
    private var asked = 0

    /** Shows what fits [new]; only another query or the past needs the memory itself. */
    fun look(new: Wish) {
        val isOther = new.query != wish.query || new.includePast != wish.includePast
        wish = new
        if (isOther) refresh() else publish(null)
    }

    /** Reads the list again. */
    fun refresh() {
        val wanted = wish
        val turn = asked + 1
        asked = turn
        host.use(Task.LISTING, { assistant, _ ->
            when {
                turn != asked -> emptyList() // somebody goes on typing: only the newest query is worth the model's time
                wanted.query.isBlank() -> assistant.memories(wanted.includePast)
                else -> assistant.search(wanted.query, wanted.includePast)
            }
        }) { result ->
            val failure = result.sentence()
            if (turn == asked) {
                found = result.getOrDefault(emptyList())
                publish(failure)
            }
        }
    }

    fun story(id: Long, done: (Story?, String?) -> Unit) {
        host.use(Task.READING, { assistant, _ -> assistant.story(id) }) { done(it.getOrNull(), it.sentence()) }
    }

    fun change(id: Long, text: String, done: (String?) -> Unit) {
        host.use(Task.CHANGING, { assistant, _ -> assistant.change(id, text) }) {
            done(it.sentence())
            refresh()
        }
    }

    fun forget(id: Long, done: (String?) -> Unit) {
        host.use(Task.FORGETTING, { assistant, _ -> assistant.forget(setOf(id)) }) { result ->
            result.onSuccess(onForgotten)
            done(result.sentence())
            refresh()
        }
    }

    fun eraseEverything(done: (String?) -> Unit) {
        val afterwards = beforeErasing()
        host.use(Task.FORGETTING, { assistant, _ -> assistant.eraseEverything() }) { result ->
            result.onSuccess { onErased() }
            afterwards()
            done(result.sentence())
            refresh()
        }
    }

    /** Writes every memory with its story as JSON to [open]'s stream. */
    fun export(open: () -> OutputStream, done: (String?) -> Unit) {
        host.use(Task.EXPORTING, { assistant, _ ->
            val stories = assistant.memories(includePast = true).mapNotNull { assistant.story(it.id) }
            open().use { it.write(exported(stories).encodeToByteArray()) }
        }) { done(it.sentence()) }
    }

    private fun publish(failure: String?) {
        val since = wish.days?.let { today().minusDays(it.toLong()) }
        val kept = found.filter { memory ->
            (wish.person == null || memory.person == wish.person) && (since == null || memory.day != null && memory.day > since)
        }
        listing.value = Listing(kept, found.map { it.person }.distinct().sorted(), failure)
    }
}
