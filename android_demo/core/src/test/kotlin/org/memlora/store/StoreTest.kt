package org.memlora.store

import java.io.File
import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermissions
import java.time.Instant
import java.time.LocalDateTime
import java.time.ZoneOffset
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.ConfigException
import org.memlora.errors.ContractException
import org.memlora.errors.Reason
import org.memlora.errors.StoreException

class StoreTest {
    @TempDir
    lateinit var folder: File

    private val path get() = File(folder, "s.db")

    @Test
    fun `files are their owner's alone`() {
        openStore(path).use { store ->
            store.addMemory("ana", "Ana sings", null, vector("a"))
            assertEquals(listOf("s.db", "s.db-shm", "s.db-wal"), filesOf(path).map { it.name }.sorted())
            for (file in filesOf(path)) {
                assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.toPath())), file.name)
            }
        }
        Files.setPosixFilePermissions(path.toPath(), PosixFilePermissions.fromString("rw-r--r--"))
        openStore(path).close()
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path.toPath())))
    }

    @Test
    fun `another embedder is refused`() {
        openStore(path).close()
        val other =
            object : Embedder by CongruenceEmbedder {
                override val id = "other"
            }
        val refusal = assertThrows(StoreException::class.java) { Store(path, DRIVER, other) }
        assertEquals(Reason.UNLINKABLE_PARTS, refusal.reason)
        Store(path, DRIVER, null).close()
    }

    @Test
    fun `texts are kept whole`() {
        val texts = listOf("\ufeffmarked", "\ufffeswapped", "a\u0000b", "\ud83c\udf88", "")
        openStore(path).use { store ->
            for (text in texts) store.addMemory(text, "x$text", null, vector("a"))
            store.putExchange("ana", "k", "s", null, texts.flatMap { said(it, it) }, State.FAILED)
            assertEquals(texts, store.turns("ana").map { it.text })
            for (text in texts) assertEquals(listOf("x$text"), store.memories(text).map { it.text })
            assertThrows(ConfigException::class.java) { store.addMemory("ana", "half \ud800", null, vector("a")) }
            assertEquals(emptyList<Fault>(), store.check())
        }
    }

    @Test
    fun `values are bounded`() {
        openStore(path).use { store ->
            val refusal =
                assertThrows(StoreException::class.java) { store.addMemory("ana", "a".repeat((64 shl 20) + 1), null, vector("a")) }
            assertEquals(Reason.INVALID_VALUES, refusal.reason)
            assertThrows(ContractException::class.java) { store.addMemory("ana", "a", null, FloatArray(3)) }
            assertThrows(ContractException::class.java) { store.addMemory("ana", "a", null, vector("a"), labels = Labels(agentId = "")) }
            assertEquals(emptyList<StoredMemory>(), store.memories("ana"))
        }
    }

    @Test
    fun `a block stands or falls together`() {
        openStore(path).use { store ->
            assertThrows(IllegalStateException::class.java) {
                store.writing {
                    store.addMemory("ana", "Ana sings", null, vector("a"))
                    error("stop")
                }
            }
            assertEquals(1, store.rollbacks)
            assertEquals(emptyList<StoredMemory>(), store.memories("ana"))
        }
        assertThrows(StoreException::class.java) { openStore(path).also { it.close() }.memories("ana") }
    }

    @Test
    fun `any thread may write, and other connections too`() {
        val threads = Executors.newFixedThreadPool(4)
        val other = openStore(path)
        openStore(path).use { store ->
            val work =
                (0 until 40).map { number ->
                    Callable { (if (number % 4 == 0) other else store).addMemory("ana", "Ana saw $number", null, vector("a")) }
                }
            val ids = threads.invokeAll(work).map { it.get() }
            assertEquals((1L..40L).toList(), ids.sorted())
        }
        other.close()
        threads.shutdown()
    }

    @Test
    fun `who waits too long is told so`() {
        openStore(path).use { store ->
            store.writing {
                val thread = Executors.newSingleThreadExecutor()
                val refusal = thread.submit(Callable { assertThrows(StoreException::class.java) { openStore(path, 0.1).use { it.addMemory("a", "b", null, vector("a")) } } })
                assertEquals(null, refusal.get().reason)
                thread.shutdown()
            }
        }
    }

    @Test
    fun `a copy is a store of its own`() {
        openStore(path).use { store ->
            store.addMemory("ana", "Ana sings", null, vector("a"))
            val copy = File(folder, "copy.db")
            store.backup(copy)
            assertThrows(StoreException::class.java) { store.backup(copy) }
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(copy.toPath())))
            openStore(copy).use { assertEquals(listOf("Ana sings"), it.memories("ana").map { memory -> memory.text }) }
            assertFalse(folder.list()!!.any { "partial" in it })
        }
    }

    @Test
    fun `moments are those of Python`() {
        assertEquals("2023-05-08T00:00:00+00:00", isoText(Instant.parse("2023-05-08T00:00:00Z")))
        assertEquals("2023-05-08T10:00:00.000007", isoText(LocalDateTime.of(2023, 5, 8, 10, 0, 0, 7999)))
        assertEquals("0987-05-08T10:00:00+05:30", isoText(LocalDateTime.of(987, 5, 8, 10, 0).atOffset(ZoneOffset.ofHoursMinutes(5, 30))))
        for (text in listOf("2023-05-08T10", "2023-05-08 10:30", "2023-05-08T10:30:00.5Z", "2023-05-08T103000+0100")) assertTrue(isMoment(text), text)
        for (text in listOf("2023-05-08T", "2023-05-08T25:00", "2023-06-31T10:00", "2023-05-08T10:3", "soon")) assertFalse(isMoment(text), text)
    }
}
