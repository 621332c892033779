package org.memlora.app.work

import android.content.pm.PackageManager
import android.net.Uri
import android.view.View
import android.widget.TextView
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.FileNotFoundException
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import org.json.JSONObject
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.memlora.app.MainActivity
import org.memlora.app.PHONE
import org.memlora.app.Phone
import org.memlora.app.R
import org.memlora.app.ScriptedBackend
import org.memlora.app.bundle.BundleState
import org.memlora.app.bundle.ZipSource
import org.memlora.app.diagnostics.TraceProvider
import org.memlora.app.texts
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** What is about the process and its surroundings: service, files that come and go. */
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
        assertEquals(0.25, parts.diagnostics.report.value.switchMs!!, 0.0)
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
