package org.memlora.app.screens

import android.app.Activity
import android.view.View

/** The part of a layout that is called [id], which must be there. */
fun <T : View> View.part(id: Int): T = checkNotNull(findViewById<T>(id)) { "no such view in the layout" }

/** As above, of the whole window. */
fun <T : View> Activity.part(id: Int): T = checkNotNull(findViewById<T>(id)) { "no such view in the layout" }
