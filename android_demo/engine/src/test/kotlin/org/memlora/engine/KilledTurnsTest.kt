package org.memlora.engine

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.MemLora
import org.memlora.memory.Stored
import org.memlora.operations.Message
import org.memlora.store.Fault
import org.memlora.store.PythonReference
import org.memlora.store.Store
import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.random.Random

private const val KILLS = 4
private const val MOST_TURNS_BETWEEN = 3
private const val SHOWN = 10
private const val USER = "ana"
private const val STORE = "store.db"
private const val TOLD = "told.txt"

/**
 * A JVM that is killed at a random moment of a memory turn leaves a store that Kotlin and Python open, in which every
 * turn that was acknowledged stands once; more kills with `-Dmemlora.kills=N`.
 */
class KilledTurnsTest {
    @TempDir
    lateinit var folder: File

    private val random = Random(System.getProperty("memlora.seed")?.toInt() ?: 11)
    private val told = ArrayList<String>()
    private var turnMs = 300L

    @Test
    fun `a turn that is killed is whole or not there`() {
        val bundle = BundleFolder.given().path.toFile()
        val kills = System.getProperty("memlora.kills")?.toInt() ?: KILLS
        val store = File(folder, STORE)
        repeat(kills) { number ->
            talkUntilKilled(bundle, store)
            // one copy for each language: opening it ends the log that the kill left behind
            for (language in listOf("kotlin", "python")) keep(File(folder, "$language/$number"))
            check(File(folder, "kotlin/$number/$STORE"), "after kill $number")
            if ((number + 1) % SHOWN == 0) println("${number + 1} of $kills kills, ${told.size} turns acknowledged")
        }
        assertTrue(told.any { '\t' in it }, "no turn gave a memory")
        PythonReference.run("tests.stores.killed", File(folder, "python").path)
        println("$kills kills, ${told.size} turns acknowledged, ${told.sumOf { it.split('\t').size - 1 }} memories")
    }

    private fun talkUntilKilled(bundle: File, store: File) {
        val process = start(bundle, store)
        val output = process.inputStream.bufferedReader()
        assertEquals("open", output.readLine(), File(folder, "errors.txt").readText())
        repeat(random.nextInt(MOST_TURNS_BETWEEN)) {
            val began = System.nanoTime()
            told += checkNotNull(output.readLine()) { File(folder, "errors.txt").readText() }
            turnMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)
        }
        val killing =
            thread {
                Thread.sleep(random.nextLong(turnMs + 1))
                process.destroyForcibly().waitFor()
            }
        // what it said before it died, without a line that was cut off
        told += output.readText().split('\n').dropLast(1)
        killing.join()
        assertTrue(process.exitValue() != 0, "it ended by itself")
    }

    private fun keep(place: File) {
        place.mkdirs()
        for (file in folder.listFiles()!!.filter { it.name.startsWith(STORE) }) file.copyTo(File(place, file.name))
        File(place, TOLD).writeText(told.joinToString("") { "$it\n" })
    }

    private fun check(copy: File, moment: String) {
        Store(copy, BundledSQLiteDriver(), null).use { store ->
            assertEquals(emptyList<Fault>(), store.check(), moment)
            val texts = store.turns(USER).map { it.text }
            val said = List(texts.size) { Talker.said(it) }
            assertEquals(said, texts, moment)
            assertTrue(texts.size - told.size in 0..1, "$moment: ${texts.size} turns, ${told.size} acknowledged")
            val memories = store.memories(USER, includePast = true).associate { it.id to it.text }
            val promised = told.flatMap { it.split('\t').drop(1) }.associate { it.substringBefore(' ').toLong() to it.substringAfter(' ') }
            assertEquals(emptySet<Long>(), promised.keys - memories.keys, moment)
            // the turn that was cut off may have been written, and have changed one
            if (texts.size == told.size) assertEquals(promised, memories, moment)
            val live = store.memories(USER).map { it.text }
            assertEquals(live.distinct(), live, moment)
        }
    }

    private fun start(bundle: File, store: File): Process {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val arguments = listOf(java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", classes, "org.memlora.engine.Talker")
        val builder = ProcessBuilder(arguments + listOf(bundle.path, store.path, told.size.toString()))
        return builder.redirectError(File(folder, "errors.txt")).start()
    }
}

/** Says one statement after another, from a number on, until it is killed; each line tells a turn and its memories. */
object Talker {
    private val NAMES = listOf("Mia", "Tom", "Zoe", "Ben", "Ida", "Sam", "Eva", "Max")
    private val WRITTEN = setOf("ADD", "UPDATE")
    private val TOWNS = listOf("Kluvo", "Paris", "Rome", "Oslo", "Delft", "Ghent")

    fun said(number: Int): String =
        "I met ${NAMES[number % NAMES.size]} in ${TOWNS[number % TOWNS.size]} and paid $number euros."

    @JvmStatic
    fun main(arguments: Array<String>) {
        val (bundle, store, first) = arguments
        MemLora.open(File(bundle), File(store), OrtKind, BundledSQLiteDriver()).use { memory ->
            println("open")
            for (number in generateSequence(first.toInt()) { it + 1 }) {
                val outcome = memory.add(listOf(Message("user", "", said(number))), USER, place = "$number")
                val made = (outcome as? Stored)?.events.orEmpty().filter { it.event in WRITTEN }.map { "${it.id} ${it.memory}" }
                println((listOf("$number") + made).joinToString("\t"))
            }
        }
    }
}
