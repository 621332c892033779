package org.memlora.app.screens

import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import org.memlora.app.R
import java.time.LocalDate
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle

/** The rows of a list, one [layout] for each kind of item, filled by [bind]. */
class Rows<T>(private val layouts: List<Int>, private val kind: (T) -> Int, private val id: (T) -> Long, private val bind: (View, T) -> Unit) :
    BaseAdapter() {
    private var items = emptyList<T>()

    fun show(new: List<T>) {
        items = new
        notifyDataSetChanged()
    }

    override fun getCount(): Int = items.size

    override fun getItem(position: Int): T = items[position]

    override fun getItemId(position: Int): Long = id(items[position])

    override fun hasStableIds(): Boolean = true

    override fun getViewTypeCount(): Int = layouts.size

    override fun getItemViewType(position: Int): Int = kind(items[position])

    override fun getView(position: Int, old: View?, parent: ViewGroup): View {
        val row = old ?: LayoutInflater.from(parent.context).inflate(layouts[getItemViewType(position)], parent, false)
        bind(row, items[position])
        return row
    }
}

/** A day as people of this language write it. */
fun View.format(day: LocalDate): String = format(day, resources.configuration.locales[0])

/** As above. */
fun format(day: LocalDate, locale: java.util.Locale): String =
    day.format(DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM).withLocale(locale))

/** [text] as a whole of its own in a sentence that may be written in the other direction. */
fun isolated(text: String): String = "\u2068$text\u2069"

/** A line under a heading or a bubble. */
fun ViewGroup.addText(layout: Int, text: CharSequence, colour: Int? = null) {
    val line = LayoutInflater.from(context).inflate(layout, this, false) as android.widget.TextView
    line.text = text
    colour?.let { line.setTextColor(context.getColor(it)) }
    addView(line)
}

/** Facts under a heading; nothing where there are none. */
fun ViewGroup.addSection(heading: Int, facts: List<CharSequence>) {
    if (facts.isEmpty()) return
    addText(R.layout.section, context.getString(heading))
    facts.forEach { addText(R.layout.fact, it) }
}
