package org.memlora.app.assistant

import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.app.REFUSAL
import org.memlora.app.ScriptedAssistant
import org.memlora.app.work.EngineMark
import org.memlora.app.work.Task
import org.memlora.app.work.Worker
import org.memlora.errors.BundleException
import org.memlora.errors.ConfigException

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
        host.use(Task.LISTING, { memory, _ -> memory.memories(false) }) { assertEquals(emptyList<Any>(), it.getOrThrow()) }
        host.wake()
        assertEquals(HostState.Ready, host.state.value)
        assertEquals(1, opened)
        assertEquals(listOf(true, false), busy)
    }

    @Test
    fun `an engine that died is not tried again silently`() {
        File(folder, "running").writeText(Task.OPENING.name)
        val host = host()
        assertEquals(HostState.Died(Task.OPENING), host.state.value)
        host.wake()
        var told: String? = null
        host.use(Task.LISTING, { memory, _ -> memory.memories(false) }) { told = it.sentence() }
        assertEquals(0, opened)
        assertTrue(told!!.startsWith("the engine died last time"))
        host.tryAgain()
        assertEquals(HostState.Ready, host.state.value)
        assertEquals(null, mark.left)
    }

    @Test
    fun `the mark lies there while the memory works`() {
        host().use(Task.LINE, { _, _ -> assertEquals(Task.LINE, mark.left) }) { it.getOrThrow() }
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
        assertEquals(HostState.Refused(REFUSAL, isBundle = true), host.state.value)
    }

    @Test
    fun `a phone that has no room now is asked again by hand`() {
        var isFull = true
        val host = Host(worker, mark) { if (isFull) throw ConfigException(FULL) else assistant }
        host.wake()
        assertEquals(HostState.Refused(FULL, isBundle = false), host.state.value)
        isFull = false
        host.wake()
        assertEquals(HostState.Ready, host.state.value)
    }

    @Test
    fun `no bundle is a state of its own`() {
        val host = Host(worker, mark) { null }
        host.wake()
        assertEquals(HostState.NoBundle, host.state.value)
    }

    private companion object {
        const val FULL = "too little memory is free: expected 400 MiB, got 12 MiB; close other apps and try again"
    }
}
