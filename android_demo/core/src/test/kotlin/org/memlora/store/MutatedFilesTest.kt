package org.memlora.store

import java.io.File
import kotlin.random.Random
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.MemloraException
import org.memlora.errors.StoreException
import org.memlora.retrieval.Retrieval

private const val FILES = 200

/** Changed bytes of a store are refused or harmless; no other exception than the one of stores comes out. */
class MutatedFilesTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a changed file raises StoreException alone`() {
        val whole = File(folder, "whole.db")
        openStore(whole).use { store ->
            for (number in 0 until 30) {
                val turns = store.putExchange("ana", "k$number", "s", null, said("I saw $number cats"), State.STORED, null, listOf(vector("$number")))
                store.addMemory("ana", "Ana saw $number cats", null, vector("m$number"), turns)
            }
            store.erase()
        }
        val seed = System.getProperty("memlora.seed")?.toInt() ?: 7
        val random = Random(seed)
        val good = whole.readBytes()
        val count = System.getProperty("memlora.mutations")?.toInt() ?: FILES
        repeat(count) { number ->
            val file = File(folder, "m.db")
            filesOf(file).forEach { it.delete() }
            file.writeBytes(mutated(good, random))
            try {
                use(file)
            } catch (_: StoreException) {
                return@repeat
            } catch (e: Exception) {
                throw AssertionError("file $number of seed $seed", e)
            }
        }
    }

    private fun use(file: File) {
        Store(file, DRIVER, null).use { store ->
            Retrieval(store).search("ana", "seven cats", vector("m7"), 5)
            Retrieval(store).search("ana", "seven cats", vector("m7"), 5, Kind.TURN)
            for (memory in store.memories("ana", includePast = true)) store.history("ana", memory.id)
            store.turns("ana")
            store.owner("ana")
            store.check()
            try {
                store.addMemory("ana", "Ana saw a dog", null, vector("dog"))
                store.undo("ana", CongruenceEmbedder::embed)
            } catch (e: MemloraException) {
                if (e is StoreException) throw e // rows that contradict each other may be a contract's matter
            }
        }
    }

    private fun mutated(good: ByteArray, random: Random): ByteArray {
        val data = good.copyOf()
        when (random.nextInt(4)) {
            0 -> return data.copyOf(random.nextInt(data.size))
            1 -> repeat(1 + random.nextInt(4)) { data[random.nextInt(data.size)] = random.nextInt().toByte() }
            2 -> {
                val at = random.nextInt(data.size - 64)
                random.nextBytes(data, at, at + 1 + random.nextInt(63))
            }
            else -> {
                val (from, to) = random.nextInt(data.size / 4096) to random.nextInt(data.size / 4096)
                data.copyInto(data, to * 4096, from * 4096, (from + 1) * 4096)
            }
        }
        return data
    }
}
