package org.memlora.app

import android.app.Application
import android.content.Context
import android.os.Looper
import org.memlora.app.device.Machine
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.util.ReflectionHelpers
import org.robolectric.util.ReflectionHelpers.ClassParameter
import java.io.File
import java.util.concurrent.Executor

/** A phone on which any model runs. */
internal val PLENTY = Machine(totalBytes = 8L shl 30, freeBytes = 4L shl 30, "arm64-v8a", setOf("fp", "asimd", "asimddp", "i8mm"))

/** The running test's process, which may die and begin again over its files; background work is done when the test says so. */
internal open class Process(private val real: Backend) : AutoCloseable {
    var app: MemloraApp = RuntimeEnvironment.getApplication() as MemloraApp
        private set
    private val jobs = ArrayDeque<Runnable>()
    private var atDeath: Map<String, ByteArray>? = null

    /** Where everything lies that outlives a process. */
    val files: File = checkNotNull(app.noBackupFilesDir)

    init {
        equip()
    }

    /** Does all background work and shows what came of it. */
    fun settle() {
        shadowOf(Looper.getMainLooper()).idle()
        while (jobs.isNotEmpty()) {
            jobs.removeFirst().run()
            shadowOf(Looper.getMainLooper()).idle()
        }
    }

    /** As [settle], with a main thread that is held up until all background work that is there now is done. */
    fun settleLate() {
        repeat(jobs.size) { jobs.removeFirst().run() }
        settle()
    }

    /** How the files are now is how the next death leaves them, whatever is still written until then. */
    fun stopTheClock() {
        atDeath = snapshot()
    }

    /** The process is killed, by default now, with no word to anyone; another one begins. */
    fun die() {
        val left = atDeath ?: snapshot()
        atDeath = null
        jobs.clear()
        app.parts.host.rest() // a test's process goes on: what it holds open is closed, and what that wrote is taken back
        settle()
        app.parts.close()
        restore(left)
        begin()
    }

    override fun close() {
        app.parts.host.rest()
        settle()
        app.parts.close()
    }

    private fun begin() {
        val fresh = MemloraApp()
        val context = ClassParameter.from(Context::class.java, app.baseContext)
        ReflectionHelpers.callInstanceMethod<Unit>(Application::class.java, fresh, "attach", context)
        @Suppress("DEPRECATION") // there is no other way to give activities a new one
        RuntimeEnvironment.application = fresh
        app = fresh
        equip()
        fresh.onCreate()
    }

    private fun equip() {
        app.machine = { PLENTY }
        app.backend = real
        app.background = Executor { jobs += it }
    }

    // the bundle is written by imports alone
    private fun kept() = files.walk().filter { it.isFile && it.relativeTo(files).path.substringBefore('/') != "bundle" }

    private fun snapshot() = kept().associate { it.relativeTo(files).path to it.readBytes() }

    private fun restore(left: Map<String, ByteArray>) {
        kept().toList().forEach { check(it.delete()) { "cannot delete $it" } }
        for ((path, bytes) in left) File(files, path).apply { parentFile!!.mkdirs() }.writeBytes(bytes)
    }
}
