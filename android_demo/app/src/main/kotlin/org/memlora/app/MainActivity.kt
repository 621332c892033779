package org.memlora.app

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.memlora.app.bundle.BundleScreen
import org.memlora.app.bundle.TreeSource
import org.memlora.app.bundle.ZipSource
import org.memlora.app.chat.ChatScreen
import org.memlora.app.diagnostics.DiagnosticsScreen
import org.memlora.app.imports.ImportActivity
import org.memlora.app.memories.MemoriesMenu
import org.memlora.app.memories.MemoriesScreen
import org.memlora.app.screens.Dialogs
import org.memlora.app.screens.keepClearOfBars
import org.memlora.errors.ConfigException
import org.memlora.app.screens.part
import org.memlora.app.screens.Screen

/** The four screens under their tabs; all of them stay built, so what is typed and scrolled is kept. */
class MainActivity : Activity() {
    private val parts by lazy { (application as MemloraApp).parts }
    private val dialogs = Dialogs()
    private val menu by lazy { MemoriesMenu(this, dialogs, parts.shelf) }
    private lateinit var screens: List<Screen>
    private lateinit var tabs: List<View>
    private var shown = 0

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.main)
        part<View>(R.id.root).keepClearOfBars()
        val place = part<ViewGroup>(R.id.screens)
        screens = listOf(
            ChatScreen(this, place, parts.conversation, parts.imports, parts.host, dialogs) { select(BUNDLE) },
            MemoriesScreen(this, place, parts.shelf, parts.host, menu) { select(BUNDLE) },
            BundleScreen(this, place, parts.importer),
            DiagnosticsScreen(this, place, parts.diagnostics, (application as MemloraApp).machine),
        )
        screens.forEach { place.addView(it.view) }
        tabs = TABS.mapIndexed { at, tab -> tab(tab, at) }
        shown = state?.getInt(SHOWN) ?: 0
        if (state == null) {
            parts.importer.look()
            parts.host.wake()
        }
    }

    override fun onStart() {
        super.onStart()
        parts.isSeen = true
        select(shown)
    }

    override fun onStop() {
        super.onStop()
        parts.isSeen = false
        screens[shown].hide()
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        state.putInt(SHOWN, shown)
        dialogs.save(state)
    }

    override fun onRestoreInstanceState(state: Bundle) {
        super.onRestoreInstanceState(state)
        dialogs.restore(state)
    }

    override fun onDestroy() {
        super.onDestroy()
        dialogs.close()
    }

    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        super.onActivityResult(request, result, data)
        if (result != RESULT_OK) return
        if (request == IMPORTING) select(CHAT)
        val chosen = data?.data ?: return
        when (request) {
            MemoriesMenu.IMPORT -> look(chosen)
            MemoriesMenu.EXPORT -> menu.exportTo(chosen)
            BundleScreen.ZIP -> parts.importer.bring(ZipSource(contentResolver, chosen))
            DiagnosticsScreen.REQUESTS -> parts.diagnostics.answer {
                contentResolver.openInputStream(chosen) ?: throw ConfigException("cannot read the file: choose another")
            }
            BundleScreen.FOLDER -> parts.importer.bring(TreeSource(contentResolver, chosen))
        }
    }

    private fun look(chat: Uri) {
        val intent = Intent(this, ImportActivity::class.java).setData(chat).addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        @Suppress("DEPRECATION") // its successor is no part of the framework
        startActivityForResult(intent, IMPORTING)
    }

    private fun select(at: Int) {
        screens[shown].hide()
        shown = at
        screens.forEachIndexed { i, screen -> screen.view.visibility = if (i == at) View.VISIBLE else View.GONE }
        tabs.forEachIndexed { i, tab -> tab.isSelected = i == at }
        screens[at].show()
        title = getString(TABS[at].label)
    }

    private fun tab(tab: Tab, at: Int): View {
        val row = part<ViewGroup>(R.id.tabs)
        val view = LayoutInflater.from(this).inflate(R.layout.tab, row, false) as TextView
        view.setText(tab.label)
        view.setCompoundDrawablesRelativeWithIntrinsicBounds(0, tab.icon, 0, 0)
        view.compoundDrawableTintList = getColorStateList(R.color.tab)
        view.setOnClickListener { select(at) }
        row.addView(view)
        return view
    }

    private class Tab(val label: Int, val icon: Int)

    private companion object {
        const val SHOWN = "shown"
        const val CHAT = 0
        const val BUNDLE = 2
        const val IMPORTING = 6
        val TABS = listOf(
            Tab(R.string.chat, R.drawable.chat),
            Tab(R.string.memories, R.drawable.memories),
            Tab(R.string.bundle, R.drawable.bundle),
            Tab(R.string.diagnostics, R.drawable.diagnostics),
        )
    }
}
