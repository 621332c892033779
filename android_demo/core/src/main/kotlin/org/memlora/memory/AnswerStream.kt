package org.memlora.memory

import org.memlora.errors.ContractException
import org.memlora.operations.OnText
import org.memlora.progress.Cancellation
import java.util.concurrent.CancellationException
import java.util.concurrent.LinkedBlockingQueue

/** What the writing thread hands to the reader. */
private sealed interface Piece {
    class Text(val text: String) : Piece

    class End(val answer: Answer) : Piece

    class Error(val error: Throwable) : Piece

    object Closed : Piece
}

/**
 * An answer in pieces while it is being written: whole characters each, joined they are the text of the answer.
 *
 * `ask` answers in a thread of its own, so a reader who takes his time holds nobody up. [close] ends the writing within one
 * step of the model, from any thread. What `ask` throws comes to the reader. Read by one thread.
 */
public class AnswerStream(ask: (Cancellation, OnText) -> Answer) : Iterator<String>, AutoCloseable {
    private val pieces = LinkedBlockingQueue<Piece>()
    private val cancellation = Cancellation()
    private var following: String? = null
    private var found: Answer? = null

    init {
        Thread({ write(ask) }, "memlora-answer").start()
    }

    /** The answer, once every piece was read; throws [ContractException] before, and after [close]. */
    public val answer: Answer
        get() = found ?: throw ContractException("no answer yet: expected every piece to be read, got a stream that goes on; read it")

    override fun hasNext(): Boolean {
        if (following != null) return true
        if (found != null || cancellation.isCancelled) return false
        when (val piece = pieces.take()) {
            is Piece.Text -> following = piece.text
            is Piece.End -> found = piece.answer
            is Piece.Error -> {
                close()
                throw piece.error
            }
            Piece.Closed -> return false
        }
        return following != null
    }

    override fun next(): String {
        if (!hasNext()) throw NoSuchElementException("the answer has no more pieces")
        return checkNotNull(following).also { following = null }
    }

    /** Ends the writing; what was not read is gone. */
    override fun close() {
        cancellation.cancel()
        pieces.put(Piece.Closed)
    }

    private fun write(ask: (Cancellation, OnText) -> Answer) {
        var told = ""

        fun tell(text: String): Boolean {
            if (text.length > told.length) {
                pieces.put(Piece.Text(text.substring(told.length)))
                told = text
            }
            return !cancellation.isCancelled
        }
        try {
            val answer = ask(cancellation, ::tell)
            tell(answer.text)
            pieces.put(Piece.End(answer))
        } catch (_: CancellationException) {
            pieces.put(Piece.Closed)
        } catch (e: Throwable) {
            pieces.put(Piece.Error(e)) // the reader's thread throws it
        }
    }
}
