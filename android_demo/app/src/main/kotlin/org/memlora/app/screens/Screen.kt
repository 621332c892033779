package org.memlora.app.screens

import android.view.View

/** One tab: a view, and what it follows while it is shown. */
interface Screen {
    val view: View

    /** It is on top: begin to follow. */
    fun show()

    /** Another one is on top, or the activity goes: stop following. */
    fun hide()
}
