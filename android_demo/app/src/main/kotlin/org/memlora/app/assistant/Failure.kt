package org.memlora.app.assistant

import org.memlora.errors.MemloraException

/** What the user reads of a result that failed, null where it did not; a fault of the program itself is thrown on. */
fun Result<*>.sentence(): String? = when (val error = exceptionOrNull()) {
    null -> null
    is MemloraException -> error.message.orEmpty()
    else -> throw error
}
