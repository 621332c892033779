package org.memlora.app.work

import java.io.File

/**
 * A file that lies there while native code runs: a process that dies in it leaves the mark behind.
 *
 * Whoever finds one asks the user before the same is tried again.
 */
class EngineMark(private val file: File) {
    /** What was going on when the last process died, null where none did. */
    val left: Task?
        get() = if (file.isFile) Task.entries.find { it.name == file.readText() } ?: Task.OPENING else null

    /** Runs [work], which is about [what], under the mark. */
    fun <T> during(what: Task, work: () -> T): T {
        file.writeText(what.name)
        try {
            return work()
        } finally {
            clear()
        }
    }

    /** The user wants it tried again, or the death had another cause. */
    fun clear() {
        check(file.delete() || !file.exists()) { "cannot delete ${file.name}: expected a folder that can be written" }
    }
}
