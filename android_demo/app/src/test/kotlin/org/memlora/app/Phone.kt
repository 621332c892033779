package org.memlora.app

import android.app.Activity
import android.app.ActivityManager
import android.app.AlertDialog
import android.graphics.Bitmap
import android.graphics.Canvas
import android.net.Uri
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.TextView
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowActivityManager.ApplicationExitInfoBuilder
import org.robolectric.shadows.ShadowAlertDialog
import java.io.File

internal const val PHONE = "w411dp-h731dp-xhdpi"

/** The app with a scripted backend, and a bundle that it takes for a good one. */
internal class Phone(val backend: ScriptedBackend = ScriptedBackend(), withBundle: Boolean = true) : Process(backend) {
    init {
        if (withBundle) putBundle()
    }

    private fun putBundle() {
        val folder = File(app.noBackupFilesDir, "bundle")
        check(folder.mkdirs() || folder.isDirectory)
        File(folder, "manifest.json").writeText("good")
    }
}

internal fun Activity.say(phone: Process, text: String) {
    findViewById<EditText>(R.id.chat_input)!!.setText(text)
    findViewById<View>(R.id.chat_send)!!.performClick()
    phone.settle()
}

/** The dialog that was opened last. */
internal fun dialog(): AlertDialog = checkNotNull(ShadowAlertDialog.getLatestAlertDialog())

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
internal fun Activity.draw(name: String): Bitmap = window.decorView.draw(name)

/** As above, of a window's outermost view. */
internal fun View.draw(name: String): Bitmap {
    jumpDrawablesToCurrentState() // what moves into its place has come there
    val bitmap = Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888)
    draw(Canvas(bitmap))
    val file = File(checkNotNull(System.getProperty("memlora.screens")), "$name.png")
    check(file.parentFile!!.isDirectory || file.parentFile!!.mkdirs()) { "cannot make ${file.parent}" }
    file.outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
    return bitmap
}

/** The system's word on how the last process ended. */
internal fun Process.leave(why: Int, importance: Int) {
    val manager = checkNotNull(app.getSystemService(ActivityManager::class.java))
    val info = ApplicationExitInfoBuilder.newBuilder().setProcessName(app.packageName).setReason(why).setImportance(importance).build()
    shadowOf(manager).addApplicationExitInfo(info)
}

/** A file called [name] as the system's picker gives it. */
internal fun Process.file(name: String, text: String): Uri {
    val file = Uri.Builder().scheme("content").authority("files").appendPath(name).build()
    shadowOf(app.contentResolver).registerInputStreamSupplier(file) { text.byteInputStream() }
    return file
}
