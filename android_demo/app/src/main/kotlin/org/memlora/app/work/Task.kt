package org.memlora.app.work

import org.memlora.app.R

/** What the engine may be at; the name of one is left behind by a process that dies in it. */
enum class Task(val label: Int) {
    OPENING(R.string.task_opening),
    LINE(R.string.task_line),
    IMPORTING(R.string.task_importing),
    LISTING(R.string.task_listing),
    READING(R.string.task_reading),
    CHANGING(R.string.task_changing),
    FORGETTING(R.string.task_forgetting),
    EXPORTING(R.string.task_exporting),
    REPLAYING(R.string.task_replaying),
    ANSWERING(R.string.task_answering),
}
