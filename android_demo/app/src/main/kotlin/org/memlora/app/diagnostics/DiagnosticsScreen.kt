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
import org.memlora.app.screens.addSection
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
        report.measured.forEach { row -> show(row, number::format) }
        report.switchMs?.let { rows.addSection(R.string.switching, listOf(activity.getString(R.string.switch_time, number.format(it)))) }
        if (report.answered > 0) rows.addText(R.layout.fact, activity.getString(R.string.answered, number.format(report.answered)))
        val processor = machine()
        rows.addSection(R.string.processor, listOf(when {
            processor.fast.isEmpty() -> activity.getString(R.string.processor_plain, processor.abi)
            else -> activity.getString(R.string.processor_is, processor.abi, processor.fast.joinToString())
        }))
        report.strain?.let { (memory, heat) ->
            rows.addSection(R.string.ram, listOf(
                activity.getString(R.string.ram_used, size(memory.used)),
                activity.getString(R.string.ram_peak, size(memory.peak)),
                activity.getString(R.string.ram_free, size(memory.free)),
            ))
            rows.addSection(R.string.heat, listOf(activity.getString(heat.label)))
        }
    }

    private fun show(row: Measured, number: (Number) -> String) {
        rows.addText(R.layout.section, row.operation)
        rows.addText(R.layout.fact, activity.getString(R.string.equal_steps, number(row.equal), number(row.steps)))
        rows.addText(R.layout.fact, activity.getString(R.string.first_token, number(row.firstTokenMs)))
        rows.addText(R.layout.fact, activity.getString(R.string.tokens_per_second, number(row.tokensPerSecond)))
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
