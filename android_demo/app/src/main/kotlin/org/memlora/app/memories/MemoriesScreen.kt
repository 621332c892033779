package org.memlora.app.memories

import android.app.Activity
import android.content.Intent
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.AdapterView
import android.widget.ArrayAdapter
import android.widget.CheckBox
import android.widget.EditText
import android.widget.ListView
import android.widget.Spinner
import android.widget.TextView
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.Memory
import org.memlora.app.R
import org.memlora.app.screens.Notice
import org.memlora.app.screens.part
import org.memlora.app.screens.Rows
import org.memlora.app.screens.Screen
import org.memlora.app.screens.Typed

/** Every memory, searched and filtered; one of them opens [MemoryActivity]. */
class MemoriesScreen(
    private val activity: Activity,
    parent: ViewGroup,
    private val shelf: Shelf,
    private val host: Host,
    menu: MemoriesMenu,
    toBundle: () -> Unit,
) : Screen {
    override val view: View = LayoutInflater.from(activity).inflate(R.layout.memories, parent, false)

    private val empty = view.part<TextView>(R.id.memories_empty)
    private val person = view.part<Spinner>(R.id.memories_person)
    private val days = view.part<Spinner>(R.id.memories_days)
    private val notice = Notice(view, host, toBundle)
    private val rows = Rows<Memory>(listOf(R.layout.memory_row), kind = { 0 }, id = { it.id }, bind = ::bind)
    private val watched = mutableListOf<AutoCloseable>()
    private var people = emptyList<String>()

    init {
        val list = view.part<ListView>(R.id.memories_list)
        list.adapter = rows
        list.setOnItemClickListener { _, _, at, _ -> open(rows.getItem(at)) }
        view.part<EditText>(R.id.memories_search).addTextChangedListener(Typed { shelf.look(shelf.wish.copy(query = it)) })
        view.part<CheckBox>(R.id.memories_past).setOnCheckedChangeListener { _, isOn -> shelf.look(shelf.wish.copy(includePast = isOn)) }
        view.part<View>(R.id.memories_more).setOnClickListener { menu.open(it) }
        fill(days, SPANS.map { activity.getString(it.label) }) { at -> shelf.look(shelf.wish.copy(days = SPANS[at].days)) }
        fillPeople()
    }

    override fun show() {
        watched += host.state.watch(notice::show)
        watched += shelf.listing.watch(::show)
        shelf.refresh()
    }

    override fun hide() {
        watched.forEach { it.close() }
        watched.clear()
    }

    private fun show(listing: Listing) {
        rows.show(listing.memories)
        empty.visibility = if (listing.memories.isEmpty()) View.VISIBLE else View.GONE
        empty.text = listing.failure ?: activity.getString(R.string.memories_empty)
        if (shelf.wish.person == null && listing.people != people) {
            people = listing.people
            fillPeople()
        }
    }

    private fun fillPeople() {
        val names = people.map { it.ifEmpty { activity.getString(R.string.you) } }
        fill(person, listOf(activity.getString(R.string.everyone)) + names) { at -> shelf.look(shelf.wish.copy(person = people.getOrNull(at - 1))) }
    }

    private fun fill(spinner: Spinner, labels: List<String>, onChosen: (Int) -> Unit) {
        val adapter = ArrayAdapter(activity, android.R.layout.simple_spinner_item, labels)
        adapter.setDropDownViewResource(android.R.layout.simple_spinner_dropdown_item)
        spinner.adapter = adapter
        spinner.onItemSelectedListener = object : AdapterView.OnItemSelectedListener {
            override fun onItemSelected(list: AdapterView<*>?, row: View?, at: Int, id: Long) = onChosen(at)

            override fun onNothingSelected(list: AdapterView<*>?) = Unit
        }
    }

    private fun bind(row: View, memory: Memory) {
        row.part<TextView>(R.id.memory_text).text = memory.text
        row.part<TextView>(R.id.memory_about).text = about(row.resources, memory)
    }

    private fun open(memory: Memory) =
        activity.startActivity(Intent(activity, MemoryActivity::class.java).putExtra(MemoryActivity.ID, memory.id))

    private class Span(val label: Int, val days: Int?)

    private companion object {
        val SPANS = listOf(
            Span(R.string.any_day, null),
            Span(R.string.last_day, 1),
            Span(R.string.last_week, 7),
            Span(R.string.last_month, 31),
            Span(R.string.last_year, 366),
        )
    }
}
