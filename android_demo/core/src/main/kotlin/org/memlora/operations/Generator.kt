package org.memlora.operations

import org.memlora.progress.Cancellation

/** Is given an answer's text so far, in whole characters, whenever it has grown; false ends the answer there. */
public fun interface OnText {
    /** Whether to go on. */
    public fun told(text: String): Boolean
}

/** An operation's parsed output; [isCut] when its token limit ended the answer, so the last part may be torn. */
public data class Generated<out Out>(public val value: Out, public val isCut: Boolean = false)

/** What the memory asks of a language model: the experts of a bundle, or a script in their place. */
public interface Generator {
    /** Names of the operations that can be run. */
    public val operations: Collection<String>

    /**
     * The output of [operation] for its input [given].
     *
     * Throws [UnparsableException] for text that is no output, `MemloraException` when the model cannot be run on [given],
     * `CancellationException` within one model call of a [cancellation].
     */
    public fun <In, Out> run(operation: Operation<In, Out>, given: In, cancellation: Cancellation? = null): Generated<Out>

    /** Whether the prompt of [given] leaves room for an answer; from any thread, also while another call runs. */
    public fun <In> fits(operation: Operation<In, *>, given: In): Boolean
}

/** A generator that tells its text while it writes. */
public interface WritingGenerator : Generator {
    /** As `run`; where [onText] ended it, what was written until then, cut. */
    public fun <In, Out> write(
        operation: Operation<In, Out>,
        given: In,
        cancellation: Cancellation? = null,
        onText: OnText,
    ): Generated<Out>
}
