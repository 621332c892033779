package org.memlora

import androidx.sqlite.SQLiteDriver
import org.memlora.bundle.Bundle
import org.memlora.bundle.Experts
import org.memlora.bundle.openEmbedder
import org.memlora.bundle.openImageEncoder
import org.memlora.engines.Kind
import org.memlora.memory.Memory
import org.memlora.memory.photos.Sight
import org.memlora.store.Store
import java.io.File

/** The way in: `MemLora.open(bundle, store, OrtKind, driver).add("I moved to Zwolle", "tom")`. */
public object MemLora {
    /**
     * The memory of the bundle in folder [bundle], in the file [store], which is made when it is not there.
     *
     * [engine] is the runtime and [driver] the SQLite that the app brings. Whoever opened it closes it. Throws
     * `BundleException` for a bundle that is refused, `ConfigException` for one that makes no memory, `StoreException` for a
     * store that cannot be opened.
     */
    @JvmStatic
    public fun open(
        bundle: File,
        store: File,
        engine: Kind,
        driver: SQLiteDriver,
    ): Memory = open(Bundle.open(bundle.toPath()), store, engine, driver)

    /** As the other [open], for a bundle that is opened already. */
    @JvmStatic
    public fun open(
        bundle: Bundle,
        store: File,
        engine: Kind,
        driver: SQLiteDriver,
    ): Memory {
        lateinit var sight: Sight
        val experts = Experts.ofMemory(bundle, engine) { sight.rowsOf(it) }
        val embedder = openEmbedder(bundle, engine)
        val close = {
            experts.close()
            embedder.close()
        }
        try {
            val kept = Store(store, driver, embedder)
            sight = Sight({ openImageEncoder(bundle, engine) }, kept)
            val retrieveK = bundle.prompt("generate").retrieveK
            return Memory(experts, embedder, kept, retrieveK, sight = sight) {
                close()
                sight.close()
            }
        } catch (e: Exception) {
            close()
            throw e
        }
    }
}
