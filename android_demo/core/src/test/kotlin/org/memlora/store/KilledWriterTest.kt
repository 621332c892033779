package org.memlora.store

import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

private const val KILLS = 20
private const val LONGEST_MS = 400L

/** A process that is killed while it writes leaves a whole store; more kills with `-Dmemlora.kills=N`. */
class KilledWriterTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a killed writer leaves a whole store`() {
        val path = File(folder, "s.db")
        openStore(path).close()
        val random = Random(7)
        val kills = System.getProperty("memlora.kills")?.toInt() ?: KILLS
        var before = 0
        repeat(kills) { number ->
            val process = start(path)
            assertEquals("begun", process.inputStream.bufferedReader().readLine(), File(folder, "errors.txt").readText())
            Thread.sleep(random.nextLong(LONGEST_MS))
            process.destroyForcibly().waitFor(1, TimeUnit.MINUTES)
            openStore(path).use { store ->
                assertEquals(emptyList<Fault>(), store.check(), "after kill $number")
                val memories = store.memories("ana").size
                assertEquals(2 * store.turns("ana").size, memories)
                assertTrue(memories > before)
                before = memories
            }
        }
    }

    private fun start(path: File): Process {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val arguments = listOf(java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", classes, "org.memlora.store.EndlessWriter", path.path)
        return ProcessBuilder(arguments).redirectError(File(folder, "errors.txt")).start()
    }
}

/** Writes exchanges with two memories each until it is killed. */
object EndlessWriter {
    @JvmStatic
    fun main(arguments: Array<String>) {
        openStore(File(arguments.single())).use { store ->
            val before = store.turns("ana").size
            var number = before
            while (true) {
                store.writing {
                    val turns = store.putExchange("ana", "k$number", "s", null, said("I saw $number cats"), State.STORED, null, listOf(vector("$number")))
                    for (kind in listOf("a", "b")) store.addMemory("ana", "Ana saw $number cats $kind", null, vector("m$number"), turns)
                }
                if (number++ == before) println("begun")
            }
        }
    }
}
