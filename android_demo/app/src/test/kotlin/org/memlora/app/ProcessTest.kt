package org.memlora.app

import android.content.ComponentCallbacks2
import android.content.pm.PackageManager
import android.net.Uri
import android.view.View
import android.widget.TextView
import org.json.JSONObject
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.memlora.app.assistant.HostState
import org.memlora.app.bundle.BundleState
import org.memlora.app.bundle.ZipSource
import org.memlora.app.diagnostics.TraceProvider
import org.memlora.app.work.WorkService
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.FileNotFoundException
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** What is about the process and its surroundings: service, memory pressure, a death, files that come and go. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], qualifiers = PHONE)
class ProcessTest {
    private val phone = Phone()
    private val parts = phone.app.parts

    @After
    fun close() = phone.close()

    @Test
    fun theServiceLivesAsLongAsThereIsWork() {
        parts.conversation.submit("I live in York")
        assertEquals(WorkService::class.java.name, shadowOf(phone.app).nextStartedService.component!!.className)
        assertNull(shadowOf(phone.app).nextStoppedService)
        phone.settle()
        assertEquals(WorkService::class.java.name, shadowOf(phone.app).nextStoppedService.component!!.className)
    }

    @Test
    fun memoryIsGivenBackWhenThePhoneNeedsIt() {
        parts.conversation.submit("I live in York")
        phone.settle()
        phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN)
        phone.settle()
        assertFalse(phone.backend.assistant.isClosed)
        phone.app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_BACKGROUND)
        phone.settle()
        assertTrue(phone.backend.assistant.isClosed)
        assertEquals(HostState.Resting, parts.host.state.value)
        parts.conversation.submit("I work in Hull")
        phone.settle()
        assertEquals(2, phone.backend.opened)
    }

    @Test
    fun aDeathIsToldAndOnlyTheUserTriesAgain() {
        File(phone.app.noBackupFilesDir, "engine.running").writeText("opening the bundle")
        val after = phone.parts()
        assertEquals(HostState.Died("opening the bundle"), after.host.state.value)
        after.host.wake()
        phone.settle()
        assertEquals(0, phone.backend.opened)
        after.host.tryAgain()
        phone.settle()
        assertEquals(1, phone.backend.opened)
        after.close()
    }

    @Test
    fun aScreenSaysThatThereIsNoBundleAndLeadsToOne() {
        File(phone.app.noBackupFilesDir, "bundle").deleteRecursively()
        Robolectric.buildActivity(MainActivity::class.java).setup().use { controller ->
            phone.settle()
            val activity = controller.get()
            assertTrue(activity.getString(R.string.no_bundle) in activity.texts())
            activity.findViewById<View>(R.id.notice_action)!!.performClick()
            assertTrue(activity.findViewById<TextView>(R.id.bundle_about)!!.isShown)
        }
    }

    @Test
    fun aZipIsImportedWithItsFilesAtTheTopOrInOneFolder() {
        for (folder in listOf("", "smollm2/")) {
            parts.importer.bring(zip("${folder}manifest.json" to "good", "${folder}grammar/select.bin" to "automaton"))
            phone.settle()
            assertEquals(BundleState.Held(ScriptedBackend.CONTENTS), parts.importer.state.value)
            assertEquals("automaton", File(phone.app.noBackupFilesDir, "bundle/grammar/select.bin").readText())
        }
        parts.importer.bring(zip("readme.txt" to "no bundle"))
        phone.settle()
        assertTrue(parts.importer.refusal.value!!.startsWith("no bundle in "))
    }

    @Test
    fun theTraceIsReadAndNothingElse() {
        val resolver = phone.app.contentResolver
        val address = TraceProvider.address(phone.app)
        Robolectric.setupContentProvider(TraceProvider::class.java, address.authority)
        assertThrows(FileNotFoundException::class.java) { resolver.openInputStream(address) }
        parts.diagnostics.answer { "{\"id\":0}\n".byteInputStream() }
        phone.settle()
        assertEquals(1, parts.diagnostics.report.value.answered)
        assertEquals("{\"id\":0}\n", resolver.openInputStream(address)!!.use { it.readBytes().decodeToString() })
        assertThrows(FileNotFoundException::class.java) { resolver.openFileDescriptor(address, "w") }
        val other = Uri.parse("content://${address.authority}/../memories.db")
        assertEquals("{\"id\":0}\n", resolver.openInputStream(other)!!.use { it.readBytes().decodeToString() })
    }

    @Test
    fun goldensAreReplayedWhileTheMemoryRests() {
        parts.host.wake()
        parts.diagnostics.run()
        phone.settle()
        assertEquals(listOf("select", "generate"), parts.diagnostics.report.value.measured.map { it.operation })
        assertTrue(phone.backend.assistant.isClosed)
        assertFalse(parts.diagnostics.report.value.isRunning)
    }

    @Test
    fun everythingIsExportedAndErased() {
        listOf("I live in York", "Where do I live?").forEach {
            parts.conversation.submit(it)
            phone.settle()
        }
        val out = ByteArrayOutputStream()
        parts.shelf.export({ out }) { assertNull(it) }
        phone.settle()
        val memory = JSONObject(out.toString("UTF-8")).getJSONArray("memories").getJSONObject(0)
        assertEquals("I live in York", memory.getString("memory"))
        assertEquals("I live in Leeds", memory.getJSONArray("replaced").getString(0))
        parts.shelf.eraseEverything { assertNull(it) }
        phone.settle()
        assertEquals(0, phone.backend.assistant.memories.size)
        assertEquals(0, parts.conversation.lines.value.size)
    }

    @Test
    fun noPermissionIsAskedFor() {
        val app = phone.app.packageManager.getPackageInfo(phone.app.packageName, PackageManager.GET_PERMISSIONS)
        assertEquals(0, app.requestedPermissions.orEmpty().size)
    }

    private fun zip(vararg files: Pair<String, String>): ZipSource {
        val packed = ByteArrayOutputStream()
        ZipOutputStream(packed).use { zip ->
            for ((name, text) in files) {
                zip.putNextEntry(ZipEntry(name))
                zip.write(text.encodeToByteArray())
            }
        }
        val address = Uri.parse("content://files/bundle.zip")
        shadowOf(phone.app.contentResolver).registerInputStreamSupplier(address) { packed.toByteArray().inputStream() }
        return ZipSource(phone.app.contentResolver, address)
    }
}
