package org.memlora.text

private const val LOAD = 0.75f

/** What [make] gave for the [most] things that it was asked for last; for any number of threads. */
internal class Lately<K : Any, V : Any>(
    private val most: Int,
    private val make: (K) -> V,
) {
    private val kept =
        object : LinkedHashMap<K, V>(most, LOAD, true) {
            override fun removeEldestEntry(eldest: MutableMap.MutableEntry<K, V>?): Boolean = size > most
        }

    /** As [make] gives it, which may be called twice where two ask at once. */
    operator fun get(key: K): V {
        synchronized(kept) { kept[key] }?.let { return it }
        return make(key).also { made -> synchronized(kept) { kept[key] = made } }
    }
}
