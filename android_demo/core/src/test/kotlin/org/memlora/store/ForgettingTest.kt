package org.memlora.store

import java.io.File
import java.time.LocalDate
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.errors.StoreException
import org.memlora.store.forms.bytesOf
import org.memlora.store.forms.sketchOf

class ForgettingTest {
    @TempDir
    lateinit var folder: File

    private val path get() = File(folder, "s.db")
    private val day = LocalDate.of(2023, 5, 8)

    /** A word that stands nowhere else, which neither folding nor stemming changes. */
    private fun secret(number: Int) = "q" + number.toString().map { 'b' + (it - '0') }.joinToString("") + "zk"

    private fun remember(store: Store, number: Int): Long {
        val text = "Ana hid ${secret(number)}"
        val said = said("I hid it: ${secret(number)}", "sp${secret(number)}")
        val turns =
            store.putExchange("ana", "k$number", "se${secret(number)}", day, said, State.STORED, null, listOf(vector(secret(number))))
        return store.addMemory("ana", text, day, vector(text), turns, Source.USER)
    }

    @Test
    fun `no file holds a byte of what was forgotten`() {
        val random = Random(7)
        openStore(path).use { store ->
            val memories = (0 until 200).map { remember(store, it) }
            for (place in 0 until 200 step 9) {
                store.updateMemory("ana", memories[place], "Ana found ${secret(place)} again", day, vector("again $place"))
            }
            val gone = memories.indices.shuffled(random).take(50)
            for (part in gone.chunked(10)) store.forgetMemories("ana", part.map { memories[it] })
            val bytes = filesOf(path).map { String(it.readBytes(), Charsets.ISO_8859_1) }
            assertTrue(bytes.any { secret(memories.indices.first { place -> place !in gone }) in it })
            for (place in gone) {
                val vectors = listOf(vector("Ana hid ${secret(place)}"), vector(secret(place)), vector("again $place"))
                val traces = vectors.map { String(bytesOf(it), Charsets.ISO_8859_1) } + vectors.map { String(sketchOf(bytesOf(it)), Charsets.ISO_8859_1) }
                for (trace in traces + secret(place)) assertFalse(bytes.any { trace in it }, "memory ${memories[place]}")
            }
            assertEquals(emptyList<Fault>(), store.check())
            assertEquals(150, store.memories("ana").size)
        }
    }

    @Test
    fun `bytes go when the reader that kept them ends`() {
        openStore(path).use { store ->
            val memory = remember(store, 4)
            val reader = openStore(path)
            reader.reading {
                reader.memories("ana")
                assertThrows(StoreException::class.java) { openStore(path, 0.2).use { it.forgetMemories("ana", listOf(memory)) } }
            }
            reader.close()
            assertEquals("1", store.header()["erase.pending"])
        }
        openStore(path).use { store ->
            assertFalse(filesOf(path).any { secret(4) in String(it.readBytes(), Charsets.ISO_8859_1) })
            assertFalse("erase.pending" in store.header())
        }
    }

    @Test
    fun `of a session what gave no memory is forgotten, then all of it`() {
        openStore(path).use { store ->
            val memory = remember(store, 1)
            val session = "se${secret(1)}"
            val idle = store.putExchange("ana", "i", session, day, said("Hm, ${secret(2)}"), State.EMPTY, null, null)
            assertTrue(secret(2) in written())
            assertEquals(Forgotten(emptyList(), idle, listOf(1L)), store.forgetSession("ana", session, withMemories = false))
            assertFalse(secret(2) in written())
            assertEquals(Forgotten(listOf(memory), listOf(1L)), store.forgetSession("ana", session))
            assertFalse(secret(1) in written())
            assertThrows(ConfigException::class.java) { store.forgetSession("ana", session) }
            assertEquals(emptyList<Fault>(), store.check())
        }
    }

    @Test
    fun `several sessions are forgotten at once, or none of them`() {
        openStore(path).use { store ->
            for (session in listOf("one", "two", "three")) store.putExchange("ana", session, session, day, said("I am at $session"), State.EMPTY)
            assertEquals(listOf("one", "three", "two"), store.sessions("ana"))
            assertThrows(ConfigException::class.java) { store.forgetSessions("ana", listOf("one", "four")) }
            assertEquals(Forgotten(emptyList(), emptyList()), store.forgetSessions("ana", emptyList()))
            assertEquals(Forgotten(emptyList(), listOf(1L, 3L)), store.forgetSessions("ana", listOf("one", "three")))
            assertEquals(listOf("two"), store.sessions("ana"))
            assertEquals(emptyList<String>(), store.sessions("bob"))
            assertEquals(emptyList<Fault>(), store.check())
        }
    }

    private fun written() = filesOf(path).joinToString("") { String(it.readBytes(), Charsets.ISO_8859_1) }

    @Test
    fun `an exchange is taken back`() {
        openStore(path).use { store ->
            remember(store, 1)
            val old = store.addMemory("ana", "Ana lives in Kluvo", day, vector("a"))
            val turns = store.putExchange("ana", "k", "s", day, said("I moved to Zorp"), State.STORED, null, listOf(vector("b")))
            val new = store.addMemory("ana", "Ana lives in Zorp", day, vector("b"), turns)
            store.supersede("ana", old, new, day, turns)
            val undone = store.undo("ana", CongruenceEmbedder::embed)
            assertEquals(Undone(listOf("I moved to Zorp"), listOf(new), listOf(old)), undone)
            assertFalse(store.memory("ana", old)!!.isPast)
            assertEquals(emptyList<Fault>(), store.check())
        }
    }

    @Test
    fun `what is another user's is not forgotten`() {
        openStore(path).use { store ->
            val memory = remember(store, 1)
            assertThrows(ConfigException::class.java) { store.forgetMemories("bob", listOf(memory)) }
            assertThrows(ConfigException::class.java) { store.forgetUser("bob") }
            assertThrows(ConfigException::class.java) { store.undo("bob", CongruenceEmbedder::embed) }
            assertThrows(ContractException::class.java) { store.writing { store.forgetUser("ana") } }
            store.forgetEveryone()
            assertEquals(emptyList<StoredMemory>(), store.memories("ana"))
        }
    }
}
