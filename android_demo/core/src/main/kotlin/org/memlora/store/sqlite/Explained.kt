package org.memlora.store.sqlite

import java.io.File
import java.io.IOException
import org.memlora.errors.ContractException
import org.memlora.errors.Reason
import org.memlora.errors.StoreException

/** SQLite's primary result codes that a store tells apart. */
internal object ResultCode {
    const val OTHER = 1
    const val PERMISSION = 3
    const val BUSY = 5
    const val LOCKED = 6
    const val READ_ONLY = 8
    const val INPUT_OUTPUT = 10
    const val CORRUPT = 11
    const val FULL = 13
    const val CANNOT_OPEN = 14
    const val TOO_BIG = 18
    const val CONSTRAINT = 19
    const val NOT_A_DATABASE = 26
}

/**
 * What [block] gives; what SQLite and the system say about the store's file becomes a [StoreException] of one sentence.
 *
 * Rows that its tables refuse are a [ContractException].
 */
internal inline fun <T> explained(file: File, block: () -> T): T =
    try {
        block()
    } catch (e: SqliteFailure) {
        throw explanation(file, e)
    } catch (e: IOException) {
        throw StoreException("cannot open the store $file: expected access, got ${e.message}; mend its rights", null, e)
    }

@PublishedApi
internal fun explanation(file: File, e: SqliteFailure): Exception {
    if (e.code == ResultCode.CONSTRAINT) {
        return ContractException("the store $file refuses a row: expected one that its tables allow, got ${e.message}", e)
    }
    val (sentence, reason) = sentence(file, e)
    return StoreException("$sentence (${e.message})", reason, e)
}

private fun sentence(file: File, e: SqliteFailure): Pair<String, Reason?> =
    when (e.code) {
        ResultCode.BUSY, ResultCode.LOCKED ->
            "the store $file is locked: expected the other writer to finish in time, got none; try again" to null
        ResultCode.NOT_A_DATABASE ->
            "cannot open the store $file: expected a memlora store, got another kind of file; name another" to Reason.MALFORMED_BYTES
        ResultCode.CORRUPT ->
            "the store $file is damaged: expected whole pages, got malformed ones; restore it from a copy" to Reason.MALFORMED_BYTES
        ResultCode.TOO_BIG ->
            "the store $file takes no value this long: expected ${VALUE_LIMIT_BYTES shr 20} MB at most, got more; cut it" to Reason.INVALID_VALUES
        ResultCode.FULL ->
            "cannot write the store $file: expected room, got a full disk; free some space, nothing is lost" to null
        ResultCode.READ_ONLY ->
            "cannot write the store $file: expected a writable file, got a read-only one; mend its rights" to null
        ResultCode.CANNOT_OPEN, ResultCode.PERMISSION ->
            "cannot open the store $file: expected access, got a refusal; mend its rights" to null
        ResultCode.INPUT_OUTPUT ->
            "cannot use the store $file: expected an answer, got an input or output error; check the disk" to null
        else ->
            "cannot use the store $file: expected a memlora store that is open, got an error; run `memlora store check`" to
                Reason.INVALID_VALUES
    }
