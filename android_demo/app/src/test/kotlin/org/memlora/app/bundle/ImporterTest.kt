package org.memlora.app.bundle

import java.io.File
import java.io.InputStream
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.app.REFUSAL
import org.memlora.app.ScriptedBackend
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.HostState
import org.memlora.app.work.EngineMark
import org.memlora.app.work.Worker

class ImporterTest {
    @TempDir
    lateinit var folder: File

    private class Files(private val files: Map<String, String>) : Source {
        override val bytes: Long = files.values.sumOf { it.length.toLong() }

        override fun files(take: (String, InputStream) -> Unit) = files.forEach { (path, text) -> take(path, text.byteInputStream()) }
    }

    private val jobs = ArrayDeque<Runnable>()
    private val worker = Worker({ jobs += it }, { it.run() }) { }
    private val backend = ScriptedBackend()
    private val places by lazy { BundlePlaces(folder) }
    private val host by lazy { Host(worker, EngineMark(File(folder, "running"))) { if (places.held.isDirectory) backend.assistant else null } }
    private val importer by lazy { Importer(places, backend.verifier, worker, host) }
    private val good = Files(mapOf("manifest.json" to "good", "grammar/select.bin" to "automaton"))

    @Test
    fun `a good bundle is placed whole and opened`() {
        bring(good)
        assertEquals(BundleState.Held(ScriptedBackend.CONTENTS), importer.state.value)
        assertEquals("automaton", File(places.held, "grammar/select.bin").readText())
        assertFalse(File(folder, "incoming").exists())
        assertEquals(HostState.Ready, host.state.value)
    }

    @Test
    fun `a bad one is refused in a sentence and the one before stays`() {
        bring(good)
        bring(Files(mapOf("manifest.json" to "bad")))
        assertEquals(REFUSAL, importer.refusal.value)
        assertEquals(BundleState.Held(ScriptedBackend.CONTENTS), importer.state.value)
        assertEquals("good", File(places.held, "manifest.json").readText())
    }

    @Test
    fun `a path that leaves the bundle is refused`() {
        for (path in listOf("../evil", "a/../../evil", "/evil", "a//b", "a\\b", ".")) {
            bring(Files(mapOf("manifest.json" to "good", path to "x")))
            assertTrue(importer.refusal.value!!.startsWith("wrong path in the bundle"), path)
            assertEquals(BundleState.Missing, importer.state.value)
        }
        assertEquals(emptyList<String>(), folder.parentFile!!.list()!!.filter { it == "evil" })
    }

    @Test
    fun `a source that gives a few bytes at a time is told by the megabyte`() {
        val content = ByteArray(5 shl 20)
        val drops = object : Source {
            override val bytes: Long = 5L shl 20

            override fun files(take: (String, InputStream) -> Unit) {
                take("manifest.json", "good".byteInputStream())
                take("base.ptd", object : InputStream() {
                    private val all = content.inputStream()

                    override fun read(): Int = all.read()

                    override fun read(to: ByteArray, at: Int, most: Int): Int = all.read(to, at, minOf(most, 512))
                })
            }
        }
        var told = 0
        importer.state.watch { told++ }
        bring(drops)
        assertTrue(told < 20, "$told times")
        assertEquals(content.size.toLong(), File(places.held, "base.ptd").length())
    }

    @Test
    fun `cancelling leaves nothing behind`() {
        bring(object : Source {
            override val bytes: Long? = null

            override fun files(take: (String, InputStream) -> Unit) {
                importer.cancel()
                take("manifest.json", "good".byteInputStream())
            }
        })
        assertEquals(BundleState.Missing, importer.state.value)
        assertEquals(null, importer.refusal.value)
        assertFalse(File(folder, "incoming").exists())
    }

    private fun bring(source: Source) {
        importer.bring(source)
        while (jobs.isNotEmpty()) jobs.removeFirst().run()
    }
}
