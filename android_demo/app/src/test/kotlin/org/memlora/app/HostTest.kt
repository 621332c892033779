package org.memlora.app

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.app.assistant.Host
import org.memlora.app.assistant.HostState
import org.memlora.app.assistant.sentence
import org.memlora.app.work.EngineMark
import org.memlora.app.work.Worker
import org.memlora.errors.BundleException
import java.io.File

class HostTest {
    @TempDir
    lateinit var folder: File

    private val mark by lazy { EngineMark(File(folder, "running")) }
    private val busy = mutableListOf<Boolean>()
    private val worker = Worker({ it.run() }, { it.run() }) { busy += it }
    private var opened = 0
    private val assistant = ScriptedAssistant()

    private fun host(): Host = Host(worker, mark) {
        opened++
        assistant
    }

    @Test
    fun `is opened when it is first used`() {
        val host = host()
        assertEquals(HostState.Resting, host.state.value)
        host.use("listing", { memory, _ -> memory.memories(false) }) { assertEquals(emptyList<Any>(), it.getOrThrow()) }
        host.wake()
        assertEquals(HostState.Ready, host.state.value)
        assertEquals(1, opened)
        assertEquals(listOf(true, false), busy)
    }

    @Test
    fun `an engine that died is not tried again silently`() {
        File(folder, "running").writeText("opening the bundle")
        val host = host()
        assertEquals(HostState.Died("opening the bundle"), host.state.value)
        host.wake()
        var told: String? = null
        host.use("listing", { memory, _ -> memory.memories(false) }) { told = it.sentence() }
        assertEquals(0, opened)
        assertTrue(told!!.startsWith("the engine died last time"))
        host.tryAgain()
        assertEquals(HostState.Ready, host.state.value)
        assertEquals(null, mark.left)
    }

    @Test
    fun `the mark lies there while the memory works`() {
        host().use("a line", { _, _ -> assertEquals("a line", mark.left) }) { it.getOrThrow() }
        assertEquals(null, mark.left)
    }

    @Test
    fun `closes to give memory back and opens again`() {
        val host = host()
        host.wake()
        host.rest()
        assertTrue(assistant.isClosed)
        assertEquals(HostState.Resting, host.state.value)
        host.wake()
        assertEquals(2, opened)
    }

    @Test
    fun `a refusal is one sentence`() {
        val host = Host(worker, mark) { throw BundleException(REFUSAL) }
        host.wake()
        assertEquals(HostState.Refused(REFUSAL), host.state.value)
    }

    @Test
    fun `no bundle is a state of its own`() {
        val host = Host(worker, mark) { null }
        host.wake()
        assertEquals(HostState.NoBundle, host.state.value)
    }
}
