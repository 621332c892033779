package org.memlora.app.work

/** A value that screens follow; it is read and set on the main thread alone. */
class Live<T>(initial: T) {
    private val watchers = mutableListOf<(T) -> Unit>()

    var value: T = initial
        set(new) {
            field = new
            watchers.toList().forEach { it(new) }
        }

    /** Tells [watcher] the value now and whenever it changes, until the result is closed. */
    fun watch(watcher: (T) -> Unit): AutoCloseable {
        watchers += watcher
        watcher(value)
        return AutoCloseable { watchers -= watcher }
    }
}
