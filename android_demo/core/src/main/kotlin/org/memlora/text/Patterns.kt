package org.memlora.text

/** How the source of a [pattern] is read, with the names of Python's `re`. */
internal enum class PatternFlag { IGNORECASE, ASCII, MULTILINE, DOTALL }

/**
 * A pattern of Python's `re`, which finds the same here, on every JDK and on Android.
 *
 * The engines disagree about `\s \d \w \b . ^ $` and about small and capital letters: these are spelled out, no flag of
 * `java.util.regex` is used. What is no letter, digit, blank or sign of a known construct is refused. Letters are those of
 * the platform's Unicode: a letter that is newer than the phone is none.
 *
 * A group that may come again without end must be possessive (`(?:..)*+`): others recurse, and a long text ends the stack.
 */
internal fun pattern(
    source: String,
    vararg flags: PatternFlag,
): Regex = Regex(PatternTranslation(source, flags.toSet()).translate())

/** As [pattern] for a source that a text brings, a name in it: the last such ones are kept, as Python's `re` keeps them. */
internal fun recurringPattern(
    source: String,
    vararg flags: PatternFlag,
): Regex = RECURRING[flags.toSet() to source]

private const val KEPT = 512
private val RECURRING = Lately<Pair<Set<PatternFlag>, String>, Regex>(KEPT) { (flags, source) -> pattern(source, *flags.toTypedArray()) }

/** `text` as a pattern that finds just this, as Python's `re.escape`. */
internal fun escapePattern(text: String): String =
    buildString {
        for (sign in text) {
            if (sign.code < 128 && !sign.isLetterOrDigit() && sign != '_') append('\\')
            append(sign)
        }
    }

/** Whether this pattern matches at [start] and looks no farther than [end], as Python's `match(text, start, end)`. */
internal fun Regex.matchesWithin(
    text: CharSequence,
    start: Int,
    end: Int,
): Boolean = toPattern().matcher(text).region(start, end).lookingAt()
