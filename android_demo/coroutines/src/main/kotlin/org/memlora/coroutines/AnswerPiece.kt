package org.memlora.coroutines

import org.memlora.memory.Answer

/** What a flow of an answer tells: its [Text] piece by piece, then once the [Whole]. */
public sealed interface AnswerPiece {
    /** The next letters, whole characters each; all of them joined are the answer's text. */
    public data class Text(
        public val text: String,
    ) : AnswerPiece

    /** The end: the [answer] with the memories and turns that it was given. */
    public data class Whole(
        public val answer: Answer,
    ) : AnswerPiece
}
