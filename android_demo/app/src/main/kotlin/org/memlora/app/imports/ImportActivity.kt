package org.memlora.app.imports

import android.app.Activity
import android.os.Bundle
import android.view.View
import android.widget.RadioButton
import android.widget.RadioGroup
import android.widget.TextView
import java.text.NumberFormat
import org.memlora.app.MemloraApp
import org.memlora.app.R
import org.memlora.app.screens.bytesOf
import org.memlora.app.screens.format
import org.memlora.app.screens.isolated
import org.memlora.app.screens.keepClearOfBars
import org.memlora.app.screens.nameOf
import org.memlora.app.screens.part

/** A chat of elsewhere, the intent's data, before it is remembered: who speaks, how much, when, and which of them owns the phone. */
class ImportActivity : Activity() {
    private val imports by lazy { (application as MemloraApp).parts.imports }
    private val me by lazy { part<RadioGroup>(R.id.import_me) }
    private val days by lazy { part<RadioGroup>(R.id.import_days) }
    private val begin by lazy { part<View>(R.id.import_begin) }
    private var chosenMe: String? = null
    private var chosenDays = 0

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.import_chat)
        part<View>(R.id.root).keepClearOfBars()
        part<View>(R.id.import_cancel).setOnClickListener { finish() }
        chosenMe = state?.getString(ME)
        chosenDays = state?.getInt(DAYS) ?: 0
        look()
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        state.putString(ME, chosenMe)
        state.putInt(DAYS, chosenDays)
    }

    // read again after a rotation or a death: nothing of it is kept before somebody wants that
    private fun look() {
        val file = checkNotNull(intent.data) { "no file to import" }
        val name = contentResolver.nameOf(file).ifEmpty { file.lastPathSegment.orEmpty() }
        imports.look(name, { contentResolver.bytesOf(file, name, MOST_BYTES) }) { preview, failure ->
            when {
                isDestroyed -> Unit
                preview == null -> refuse(failure.orEmpty())
                else -> show(preview)
            }
        }
    }

    private fun show(preview: Preview) {
        val one = preview.readings.first()
        val about = getString(R.string.import_about, isolated(preview.name), number(one.messages))
        say(R.id.import_about, if (preview.readings.size == 1) "$about\n${span(one)}" else about)
        part<View>(R.id.import_choices).visibility = View.VISIBLE
        one.speakers.forEach { speaker ->
            choice(me, getString(R.string.import_speaker, isolated(speaker.name), number(speaker.messages)), speaker.name == chosenMe) {
                chosenMe = speaker.name
                begin.isEnabled = true
            }
        }
        if (preview.readings.size > 1) {
            part<View>(R.id.import_days_title).visibility = View.VISIBLE
            preview.readings.forEachIndexed { at, reading -> choice(days, span(reading), at == chosenDays) { chosenDays = at } }
        }
        begin.isEnabled = chosenMe != null
        begin.setOnClickListener { begin(preview) }
    }

    private fun begin(preview: Preview) {
        begin.isEnabled = false
        imports.begin(preview, preview.readings[chosenDays], checkNotNull(chosenMe)) { failure ->
            when {
                failure != null -> refuse(failure)
                !isDestroyed -> {
                    setResult(RESULT_OK)
                    finish()
                }
            }
        }
    }

    private fun choice(group: RadioGroup, label: String, isChosen: Boolean, onChosen: () -> Unit) {
        val button = RadioButton(this, null, 0, R.style.Choice)
        button.id = View.generateViewId() // a group tells its buttons apart by these
        button.isSaveEnabled = false // another start has other ids
        button.minimumHeight = resources.getDimensionPixelSize(R.dimen.touch)
        button.text = label
        group.addView(button)
        if (isChosen) group.check(button.id)
        button.setOnClickListener { onChosen() }
    }

    private fun span(reading: Reading): String {
        val (first, last) = listOf(reading.first, reading.last).map { it ?: return getString(R.string.import_undated) }
        return getString(R.string.import_span, days.format(first), days.format(last))
    }

    private fun refuse(sentence: String) {
        part<View>(R.id.import_refusal).visibility = View.VISIBLE
        say(R.id.import_refusal, sentence)
        say(R.id.import_about, "")
    }

    private fun say(view: Int, text: String) {
        part<TextView>(view).text = text
    }

    private fun number(count: Int): String = NumberFormat.getIntegerInstance(resources.configuration.locales[0]).format(count)

    private companion object {
        const val ME = "me"
        const val DAYS = "days"
        const val MOST_BYTES = 16 shl 20
    }
}
