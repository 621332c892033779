package org.memlora.errors

/**
 * Root of every error that is the user's to mend: one sentence that says what, expected, got and what to do.
 *
 * Unchecked, so that Java can catch it where Kotlin declares nothing.
 */
public sealed class MemloraException(message: String, cause: Throwable? = null) : RuntimeException(message, cause)

/** A wrong option, key, file or folder given by the caller. */
public class ConfigException(message: String, cause: Throwable? = null) : MemloraException(message, cause)

/** A bundle, base or adapter that is refused; readers must agree on [reason]. */
public class BundleException(
    message: String,
    public val reason: Reason = Reason.INVALID_VALUES,
    cause: Throwable? = null,
) : MemloraException(message, cause)

/** An engine, store or model used outside its contract (too many tokens, wrong shape, wrong dimension). */
public class ContractException(message: String, cause: Throwable? = null) : MemloraException(message, cause)

/**
 * A memory store that cannot be opened or written as asked.
 *
 * [reason] is the class of the fault where the file itself is at fault; null where a lock, a disk or rights stand in the way.
 */
public class StoreException(
    message: String,
    public val reason: Reason? = null,
    cause: Throwable? = null,
) : MemloraException(message, cause)

/** A picture that cannot be read: none at all, cut off, damaged or too large. */
public class ImageException(message: String, cause: Throwable? = null) : MemloraException(message, cause)

/** Why a file is refused. [words] are those of the verdict corpora. */
public enum class Reason(public val words: String) {
    MALFORMED_BYTES("malformed bytes"),
    INVALID_VALUES("invalid values"),
    UNLINKABLE_PARTS("unlinkable parts"),
}
