package org.memlora.app.diagnostics

import android.app.Activity
import android.content.Intent
import android.text.format.Formatter
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import java.text.NumberFormat
import org.memlora.app.device.Machine
import org.memlora.app.screens.addText
import org.memlora.app.screens.part
import org.memlora.app.R
import org.memlora.app.screens.Screen

/** What this phone computes and how fast, and the file that proves it. */
class DiagnosticsScreen(
    private val activity: Activity,
    parent: ViewGroup,
    private val diagnostics: Diagnostics,
    private val machine: () -> Machine,
) : Screen {
    override val view: View = LayoutInflater.from(activity).inflate(R.layout.diagnostics, parent, false)

    private val run = view.part<View>(R.id.diagnostics_run)
    private val answer = view.part<View>(R.id.diagnostics_answer)
    private val cancel = view.part<View>(R.id.diagnostics_cancel)
    private val share = view.part<View>(R.id.diagnostics_share)
    private val rows = view.part<ViewGroup>(R.id.diagnostics_rows)
    private val failure = view.part<TextView>(R.id.diagnostics_failure)
    private var watched: AutoCloseable? = null

    init {
        run.setOnClickListener { diagnostics.run() }
        answer.setOnClickListener { ask() }
        cancel.setOnClickListener { diagnostics.cancel() }
        share.setOnClickListener { share() }
    }

    override fun show() {
        watched = diagnostics.report.watch(::show)
    }

    override fun hide() {
        watched?.close()
        watched = null
    }

    private fun show(report: Report) {
        run.visibility = visible(!report.isRunning)
        answer.visibility = visible(!report.isRunning)
        cancel.visibility = visible(report.isRunning)
        share.visibility = visible(report.trace != null && !report.isRunning)
        failure.visibility = visible(report.failure != null)
        failure.text = report.failure
        rows.removeAllViews()
        val locale = view.resources.configuration.locales[0]
        val number = NumberFormat.getNumberInstance(locale).apply { maximumFractionDigits = 1 }
        for (row in report.measured) {
            rows.addText(R.layout.section, row.operation)
            rows.addText(R.layout.fact, activity.getString(R.string.equal_steps, number.format(row.equal), number.format(row.steps)))
            rows.addText(R.layout.fact, activity.getString(R.string.tokens_per_second, number.format(row.tokensPerSecond)))
        }
        if (report.answered > 0) rows.addText(R.layout.fact, activity.getString(R.string.answered, number.format(report.answered)))
        val processor = machine()
        rows.addText(R.layout.section, activity.getString(R.string.processor))
        rows.addText(R.layout.fact, when {
            processor.fast.isEmpty() -> activity.getString(R.string.processor_plain, processor.abi)
            else -> activity.getString(R.string.processor_is, processor.abi, processor.fast.joinToString())
        })
        report.memory?.let { memory ->
            rows.addText(R.layout.section, activity.getString(R.string.ram))
            rows.addText(R.layout.fact, activity.getString(R.string.ram_used, size(memory.used)))
            rows.addText(R.layout.fact, activity.getString(R.string.ram_peak, size(memory.peak)))
            rows.addText(R.layout.fact, activity.getString(R.string.ram_free, size(memory.free)))
        }
    }

    private fun ask() {
        val intent = Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("*/*")
        @Suppress("DEPRECATION") // its successor is no part of the framework
        activity.startActivityForResult(intent, REQUESTS)
    }

    private fun share() {
        val send = Intent(Intent.ACTION_SEND)
            .setType("application/jsonl")
            .putExtra(Intent.EXTRA_STREAM, TraceProvider.address(activity))
            .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        activity.startActivity(Intent.createChooser(send, activity.getString(R.string.share_trace)))
    }

    private fun size(bytes: Long) = Formatter.formatFileSize(activity, bytes)

    private fun visible(isVisible: Boolean) = if (isVisible) View.VISIBLE else View.GONE

    companion object {
        /** The request by which the file picker's answer is known. */
        const val REQUESTS: Int = 4
    }
}
