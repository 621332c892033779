package org.memlora.app

import android.content.Context
import android.os.Handler
import org.memlora.app.assistant.Host
import org.memlora.app.bundle.BundlePlaces
import org.memlora.app.bundle.Importer
import org.memlora.app.chat.Chats
import org.memlora.app.chat.Conversation
import org.memlora.app.chat.Record
import org.memlora.app.device.heat
import org.memlora.app.device.ram
import org.memlora.app.diagnostics.Diagnostics
import org.memlora.app.diagnostics.DiagnosticsPlaces
import org.memlora.app.diagnostics.Strain
import org.memlora.app.diagnostics.TraceProvider
import org.memlora.app.imports.ChatImports
import org.memlora.app.imports.ImportTable
import org.memlora.app.memories.Shelf
import org.memlora.app.work.EngineMark
import org.memlora.app.work.Later
import org.memlora.app.work.Live
import org.memlora.app.work.WorkService
import org.memlora.app.work.Worker
import org.memlora.app.work.wasCleared
import java.io.File
import java.time.LocalDate
import java.util.concurrent.Executor

/** Everything that outlives a screen, put together by hand; one for the process. */
class Parts(private val context: Context, backend: Backend, background: Executor) : AutoCloseable {
    private val root = context.noBackupFilesDir
    private val store = File(root, "memories.db")
    private val places = BundlePlaces(root)
    private val mark = EngineMark(File(root, "engine.running")).also { if (wasCleared(context)) it.clear() }
    private val chats = Chats(context)
    private val worker = Worker(background, context.mainThread(), ::work)

    /** The system's promise to go on later. */
    val later: Later = Later(context)

    /** Whether anything is being done. */
    val isBusy: Live<Boolean> = Live(false)

    /** Whether a screen is to be seen. */
    var isSeen: Boolean = false

    /** The memory, opened when it is needed. */
    val host: Host = Host(worker, mark) { if (places.held.isDirectory) backend.open(places.held, store) else null }

    private val record = Record(chats, LocalDate::now)
    val imports: ChatImports = ChatImports(record, ImportTable(chats), File(root, "chats"), host, worker)
    val conversation: Conversation = Conversation(record, host, worker, LocalDate::now, imports::drop) { session, withMemories ->
        backend.forgetChat(store, session, withMemories)
    }
    val shelf: Shelf = Shelf(host, LocalDate::now, record::erase, ::drop, record::eraseAll)
    val importer: Importer = Importer(places, backend.verifier, worker, host)
    val diagnostics: Diagnostics =
        Diagnostics(DiagnosticsPlaces(places.held, TraceProvider.file(context)), backend, worker, host, mark) { Strain(ram(context), heat(context)) }

    /** Goes on with what waits to be remembered. */
    fun goOn() {
        conversation.goOn()
        imports.goOn()
    }

    /** Leaves what is being remembered for later. */
    fun pause() {
        conversation.pause()
        imports.pause()
    }

    override fun close() = chats.close()

    // everything is about to be erased: what is given is called after
    private fun drop(): () -> Unit {
        val afterwards = listOf(imports.drop(), conversation.drop())
        return { afterwards.forEach { it() } }
    }

    private fun work(isWorking: Boolean) {
        WorkService.set(context, isWorking)
        isBusy.value = isWorking
        later.want(isWorking || conversation.canGoOn || imports.canGoOn)
    }
}

private fun Context.mainThread(): Executor {
    val handler = Handler(mainLooper)
    return Executor { handler.post(it) }
}
