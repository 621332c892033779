package org.memlora.retrieval

import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.StoreException
import org.memlora.store.Kind
import org.memlora.store.PythonReference
import org.memlora.store.Replayer
import org.memlora.store.openStore
import org.memlora.store.vector

class SearchesTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a large store gives the ids and scores of Python`() {
        PythonReference.run("tests.stores.operations", "searches", folder.path, "1000", "2000")
        Replayer(File(folder, "large.db")).use { replayer ->
            assertEquals(emptyList<String>(), replayer.replay(File(folder, "searches.jsonl")))
        }
    }

    @Test
    fun `what changes is found as it is now`() {
        openStore(File(folder, "s.db")).use { store ->
            val retrieval = Retrieval(store)
            assertEquals(emptyList<Hit>(), retrieval.search("ana", "cats", vector("cats"), 5))
            val ids = (0 until 100).map { store.addMemory("ana", "Ana saw $it", null, vector("$it")) }
            assertEquals(ids[7], retrieval.near("ana", vector("7"), 1).single().id)
            openStore(File(folder, "s.db")).use { other ->
                other.updateMemory("ana", ids[7], "Ana saw a dog", null, vector("dog"))
                other.supersede("ana", ids[8], ids[7], null)
            }
            assertEquals(ids[7], retrieval.near("ana", vector("dog"), 1).single().id)
            assertEquals(99, retrieval.near("ana", vector("8"), 200).size)
            assertEquals(listOf(ids[8]), retrieval.near("ana", vector("8"), 5, Kind.PAST).map { it.id })
            store.forgetUser("ana")
            assertEquals(emptyList<Hit>(), retrieval.near("ana", vector("dog"), 1))
            store.addMemory("ana", "Ana saw a cat", null, vector("cat"))
            assertThrows(StoreException::class.java) { retrieval.near("ana", FloatArray(3), 1) }
        }
    }
}
