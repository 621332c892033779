package org.memlora.app.screens

import android.text.Editable
import android.text.TextWatcher

/** Tells [told] what stands in a field whenever it changes. */
class Typed(private val told: (String) -> Unit) : TextWatcher {
    override fun beforeTextChanged(text: CharSequence?, start: Int, count: Int, after: Int) = Unit

    override fun onTextChanged(text: CharSequence?, start: Int, before: Int, count: Int) = Unit

    override fun afterTextChanged(text: Editable?) = told(text.toString())
}
