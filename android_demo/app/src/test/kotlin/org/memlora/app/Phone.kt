package org.memlora.app

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.TextView
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import java.io.File
import java.util.concurrent.Executor

/** The app of the running test with a scripted backend; background work is done when the test says so. */
internal class Phone(val backend: ScriptedBackend = ScriptedBackend(), withBundle: Boolean = true) : AutoCloseable {
    val app: MemloraApp = RuntimeEnvironment.getApplication() as MemloraApp
    private val jobs = ArrayDeque<Runnable>()

    init {
        app.backend = backend
        app.background = Executor { jobs += it }
        if (withBundle) putBundle()
    }

    /** Parts of a process that begins now, in the same folders. */
    fun parts(): Parts = Parts(app, backend) { jobs += it }

    /** Does all background work and shows what came of it. */
    fun settle() {
        shadowOf(Looper.getMainLooper()).idle()
        while (jobs.isNotEmpty()) {
            jobs.removeFirst().run()
            shadowOf(Looper.getMainLooper()).idle()
        }
    }

    override fun close() = app.parts.close()

    private fun putBundle() {
        val folder = File(app.noBackupFilesDir, "bundle")
        check(folder.mkdirs() || folder.isDirectory)
        File(folder, "manifest.json").writeText("good")
    }
}

internal fun Activity.say(phone: Phone, text: String) {
    findViewById<EditText>(R.id.chat_input)!!.setText(text)
    findViewById<View>(R.id.chat_send)!!.performClick()
    phone.settle()
}

/** The tab called [label]. */
internal fun Activity.tab(label: Int): View =
    checkNotNull(findViewById<ViewGroup>(R.id.tabs)).children().first { (it as TextView).text == getString(label) }

internal fun ViewGroup.children(): List<View> = List(childCount) { getChildAt(it)!! }

/** Every view below and with this one that is shown. */
internal fun View.shown(): List<View> = when {
    visibility != View.VISIBLE -> emptyList()
    this is ViewGroup -> listOf(this) + children().flatMap { it.shown() }
    else -> listOf(this)
}

/** All text that is shown. */
internal fun Activity.texts(): List<String> = window.decorView.shown().filterIsInstance<TextView>().map { it.text.toString() }

/** Draws what the activity shows into `target/screens/NAME.png`, for people to look at. */
internal fun Activity.draw(name: String): Bitmap {
    val view = window.decorView
    val bitmap = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
    view.draw(Canvas(bitmap))
    val file = File(checkNotNull(System.getProperty("memlora.screens")), "$name.png")
    check(file.parentFile!!.isDirectory || file.parentFile!!.mkdirs()) { "cannot make ${file.parent}" }
    file.outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
    return bitmap
}
