package org.memlora.app.screens

import android.view.View
import android.widget.Button
import android.widget.TextView
import org.memlora.app.R
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.HostState

/** Says above a screen why there is no memory, and offers what can be done about it. */
class Notice(screen: View, private val host: Host, private val toBundle: () -> Unit) {
    private val box = screen.part<View>(R.id.notice)
    private val text = screen.part<TextView>(R.id.notice_text)
    private val action = screen.part<Button>(R.id.notice_action)

    fun show(state: HostState) = when (state) {
        HostState.Ready, HostState.Resting -> box.visibility = View.GONE
        HostState.Opening -> tell(box.resources.getString(R.string.opening), null) { }
        HostState.NoBundle -> tell(box.resources.getString(R.string.no_bundle), R.string.to_bundle, toBundle)
        is HostState.Refused -> if (state.isBundle) tell(state.sentence, R.string.to_bundle, toBundle) else tell(state.sentence, R.string.try_again, host::wake)
        is HostState.Died -> {
            val during = box.resources.getString(state.during.label)
            tell(box.resources.getString(R.string.died, during), R.string.try_again, host::tryAgain)
        }
    }

    private fun tell(sentence: String, label: Int?, act: () -> Unit) {
        box.visibility = View.VISIBLE
        text.text = sentence
        action.visibility = if (label == null) View.GONE else View.VISIBLE
        label?.let { action.setText(it) }
        action.setOnClickListener { act() }
    }
}
