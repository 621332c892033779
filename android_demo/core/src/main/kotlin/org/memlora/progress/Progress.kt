package org.memlora.progress

/** Called after each step of a piece of work: [Progress.told] of `total` steps of `work` are done. */
public fun interface Progress {
    /** [done] of [total] steps of [work]; [note]: what was done last. */
    public fun told(
        work: String,
        done: Int,
        total: Int,
        note: String,
    )

    public companion object {
        /** Tells nobody. */
        @JvmField
        public val SILENT: Progress = Progress { _, _, _, _ -> }
    }
}

/** Counts the steps of one piece of work. */
public class Steps(
    private val progress: Progress,
    private val work: String,
    private val total: Int,
) {
    private var done = 0

    /** One step more is done. */
    public fun advance(note: String = "") {
        done++
        progress.told(work, done, total, note)
    }
}
