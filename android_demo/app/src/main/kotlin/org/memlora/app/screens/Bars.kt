package org.memlora.app.screens

import android.annotation.TargetApi
import android.os.Build
import android.view.View
import android.view.WindowInsets

/** Keeps a window's outermost view clear of the system's bars, its cutout and the keyboard, which it is drawn behind. */
fun View.keepClearOfBars() = setOnApplyWindowInsetsListener { view, insets ->
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) pad(view, insets) else padBefore30(view, insets)
}

@TargetApi(Build.VERSION_CODES.R)
private fun pad(view: View, insets: WindowInsets): WindowInsets {
    val bars = insets.getInsets(WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout() or WindowInsets.Type.ime())
    view.setPadding(bars.left, bars.top, bars.right, bars.bottom)
    return WindowInsets.CONSUMED
}

@Suppress("DEPRECATION") // the only ones before Android 11
private fun padBefore30(view: View, insets: WindowInsets): WindowInsets {
    view.setPadding(insets.systemWindowInsetLeft, insets.systemWindowInsetTop, insets.systemWindowInsetRight, insets.systemWindowInsetBottom)
    return insets.consumeSystemWindowInsets()
}
