package org.memlora.operations

import org.memlora.files.JsonObject

/** Model text that is not a valid output of the operation. */
public class UnparsableException(message: String, cause: Throwable? = null) : Exception(message, cause)

/**
 * One memory operation that a language-model expert performs: from an `In` it makes an `Out`.
 *
 * Prompt, grammar, stop tokens and limits are the bundle's. [readInput] turns a JSON object into the input (throws
 * `BundleException` for another one), [render] an input into the user message, [renderOutput] an output into the text
 * that was trained, [parse] model text into an output (throws [UnparsableException]), [fallback] an input into the output
 * used when the text cannot be parsed. [likely] turns an input into an output with which answers agree in parts: drafts
 * are looked up in it, which change no token. [words] gives the words, with their case and no blank inside, that a free
 * text for an input may be made of. [formOf] names the operation that a bundle with this one can do without: another form
 * of the same work. No memory is made without each operation that [isRequired], or another form of it. [picture] gives the
 * name of the picture that an input is about; a bundle of text alone does without such operations.
 */
public class Operation<In, Out> internal constructor(
    public val name: String,
    public val readInput: (JsonObject) -> In,
    public val render: (In) -> String,
    public val renderOutput: (Out) -> String,
    public val parse: (String) -> Out,
    public val fallback: (In) -> Out,
    public val likely: ((In) -> Out)? = null,
    public val words: ((In) -> List<String>)? = null,
    public val picture: ((In) -> String)? = null,
    public val formOf: String? = null,
    public val isRequired: Boolean = false,
) {
    /** The operation whose work it does: its own, or the one that it is another form of. */
    public val work: String get() = formOf ?: name

    /** The text of [likely], empty without one. */
    public fun likelyText(given: In): String = likely?.let { renderOutput(it(given)) }.orEmpty()

    override fun toString(): String = name
}
