package org.memlora.app.bundle

import android.app.Activity
import android.content.Intent
import android.text.format.Formatter
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.ProgressBar
import android.widget.TextView
import org.memlora.app.R
import org.memlora.app.screens.addSection
import org.memlora.app.screens.part
import org.memlora.app.screens.Screen

/** Bringing a bundle in, and what is in the one that is here. */
class BundleScreen(private val activity: Activity, parent: ViewGroup, private val importer: Importer) : Screen {
    override val view: View = LayoutInflater.from(activity).inflate(R.layout.bundle, parent, false)

    private val about = view.part<TextView>(R.id.bundle_about)
    private val refusal = view.part<TextView>(R.id.bundle_refusal)
    private val bar = view.part<ProgressBar>(R.id.bundle_progress)
    private val choices = view.part<View>(R.id.bundle_choices)
    private val cancel = view.part<View>(R.id.bundle_cancel)
    private val inside = view.part<ViewGroup>(R.id.bundle_inside)
    private val watched = mutableListOf<AutoCloseable>()

    init {
        view.part<View>(R.id.bundle_zip).setOnClickListener {
            ask(Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("application/zip"), ZIP)
        }
        view.part<View>(R.id.bundle_folder).setOnClickListener { ask(Intent(Intent.ACTION_OPEN_DOCUMENT_TREE), FOLDER) }
        cancel.setOnClickListener { importer.cancel() }
    }

    override fun show() {
        watched += importer.state.watch(::show)
        watched += importer.refusal.watch { sentence ->
            refusal.visibility = visible(sentence != null)
            refusal.text = sentence
        }
    }

    override fun hide() {
        watched.forEach { it.close() }
        watched.clear()
    }

    private fun show(state: BundleState) {
        val isImporting = state is BundleState.Importing
        bar.visibility = visible(isImporting)
        cancel.visibility = visible(isImporting)
        choices.visibility = visible(!isImporting)
        inside.removeAllViews()
        when (state) {
            BundleState.Missing -> about.setText(R.string.bundle_missing)
            is BundleState.Importing -> progress(state)
            is BundleState.Held -> contents(state.contents)
        }
    }

    private fun progress(state: BundleState.Importing) {
        val label = if (state.isVerifying) R.string.verifying else R.string.copying
        about.text = activity.getString(label, size(state.bytes))
        val total = state.total ?: 0
        bar.isIndeterminate = total == 0L
        bar.progress = if (total == 0L) 0 else (state.bytes * bar.max / total).toInt()
    }

    private fun contents(contents: Contents) {
        about.text = activity.getString(R.string.bundle_held, contents.name, size(contents.bytes))
        inside.addSection(R.string.bundle_needs, listOf(activity.getString(R.string.bundle_ram, size(contents.ramBytes))))
        inside.addSection(R.string.bundle_operations, listOf(contents.operations.joinToString()))
        inside.addSection(R.string.bundle_engines, listOf(contents.engines.joinToString()))
        inside.addSection(R.string.bundle_licences, contents.licences.map { (part, licence) -> activity.getString(R.string.pair, part, licence) })
        inside.addSection(R.string.bundle_files, contents.parts.map { activity.getString(R.string.pair, it.name, size(it.bytes)) })
    }

    private fun ask(intent: Intent, request: Int) {
        @Suppress("DEPRECATION") // its successor is no part of the framework
        activity.startActivityForResult(intent, request)
    }

    private fun size(bytes: Long) = Formatter.formatFileSize(activity, bytes)

    private fun visible(isVisible: Boolean) = if (isVisible) View.VISIBLE else View.GONE

    companion object {
        /** The requests by which the file picker's answers are known. */
        const val ZIP: Int = 2
        const val FOLDER: Int = 3
    }
}
