package org.memlora.weights

import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Saturating

/** Rows and columns of a slot's tensor that belong to one adapted module. */
public class AdapterBlock internal constructor(
    private val tensor: AdapterTensor,
    private val rows: IntRange,
    private val columns: IntRange,
) {
    /** The number of its values. */
    public val size: Long get() = rows.count().toLong() * columns.count()

    /** Whether one of them is another number than 0. */
    public fun any(): Boolean = tensor.anyIn(rows, columns)
}

/** A `[K, R]` and B `[R, N]` of one adapted module. */
public data class AdapterPair(public val down: AdapterBlock, public val up: AdapterBlock)

private val MEMBERS = listOf("q_proj", "k_proj", "v_proj")
private const val SHARED = "qkv_proj"

/**
 * A and B of every target, read from the slots of an adapter [file]; [ranks] are target -> R.
 *
 * q, k and v share a slot where their weights are neighbours: its A `[K, R]` holds the A of its adapted members side by
 * side, R the sum of their ranks, its B `[R, Nq + Nk + Nv]` their B on the diagonal and zeros elsewhere.
 * Throws [BundleException] for a target that the base has not, a tensor too few or too many, another shape, a value that
 * is not finite, or one off the diagonal of a shared slot.
 */
public fun unstack(
    file: String,
    tensors: Map<String, AdapterTensor>,
    ranks: Map<String, Long>,
    base: QuantizedBase,
): Map<String, AdapterPair> = Unstacking(file, tensors, ranks, base).pairs()

private class Unstacking(
    private val file: String,
    private val tensors: Map<String, AdapterTensor>,
    private val ranks: Map<String, Long>,
    private val base: QuantizedBase,
) {
    private val left = LinkedHashMap(tensors)

    fun pairs(): Map<String, AdapterPair> {
        val slots = slots()
        val shapes = shapes(slots.keys)
        val pairs = LinkedHashMap<String, AdapterPair>()
        for ((slot, adapted) in slots) {
            if (adapted.isEmpty()) throw refused("foreign", "modules with slots of their own", slot)
            unstack(slot, adapted, shapes, pairs)
        }
        left.keys.minOrNull()?.let { throw refused("foreign", "only its targets' tensors", it) }
        return pairs
    }

    private fun unstack(slot: String, adapted: List<String>, shapes: Map<String, List<Long>>, pairs: MutableMap<String, AdapterPair>) {
        val height = shapes.getValue(adapted[0])[1]
        val width = Saturating.sum(members(slot).map { shapes.getValue(it)[0] })
        val total = Saturating.sum(adapted.map { ranks.getValue(it) })
        val down = taken("$slot.lora_A", listOf(height, total))
        val up = taken("$slot.lora_B", listOf(total, width))
        var (row, rank) = 0 to 0
        for (member in members(slot)) {
            val rows = row until row + shapes.getValue(member)[0].toInt()
            row = rows.last + 1
            if (member !in adapted) continue
            val place = rank until rank + ranks.getValue(member).toInt()
            rank = place.last + 1
            pairs[member] = AdapterPair(AdapterBlock(down, 0 until height.toInt(), place), AdapterBlock(up, place, rows))
            if (up.anyIn(place, 0 until rows.first) || up.anyIn(place, row until width.toInt())) {
                throw refused("foreign", "$slot.lora_B to be zero off the diagonal", "a value")
            }
        }
    }

    /** `[N, K]` of every target and of every member of a slot. */
    private fun shapes(slots: Collection<String>): Map<String, List<Long>> =
        (ranks.keys + slots.flatMap(::members)).associateWith { module ->
            val weight = base.tensors["$module.weight"] as? QuantizedTensor
            weight?.shape ?: throw refused("foreign", "modules of this base", module)
        }

    /** Slot -> its adapted members in the order q, k, v. */
    private fun slots(): Map<String, List<String>> {
        val chosen = ranks.keys.groupBy { target ->
            val shared = "${target.substringBeforeLast('.', "")}.$SHARED"
            if (target.substringAfterLast('.') in MEMBERS && "$shared.lora_A" in tensors) shared else target
        }
        return chosen.mapValues { (slot, adapted) -> members(slot).filter { it in adapted } }
    }

    private fun taken(name: String, shape: List<Long>): AdapterTensor {
        val values = left.remove(name) ?: throw refused("partial", "the tensor $name", "none")
        if (values.shape != shape) throw refused("foreign", "$name $shape", "${values.shape}")
        if (!values.isFinite()) {
            throw BundleException(
                "invalid adapter $file: expected finite numbers in $name, got NaN or infinity; fetch or export the bundle again",
            )
        }
        return values
    }

    private fun refused(kind: String, expected: String, got: String) =
        BundleException("$kind adapter $file: expected $expected, got $got; fetch or export the bundle again", Reason.UNLINKABLE_PARTS)
}

/** Module paths of the linears that a slot serves. */
private fun members(slot: String): List<String> {
    if (slot.substringAfterLast('.') != SHARED) return listOf(slot)
    return MEMBERS.map { "${slot.substringBeforeLast('.', "")}.$it" }
}
