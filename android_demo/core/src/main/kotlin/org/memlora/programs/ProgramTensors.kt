package org.memlora.programs

import org.memlora.files.Saturating

private val SCALAR_BYTES =
    mapOf(0L to 1L, 1L to 1L, 2L to 2L, 3L to 4L, 4L to 8L, 5L to 2L, 6L to 4L, 7L to 8L, 11L to 1L, 15L to 2L)
private const val MOST_RANK = 8

/** The tensors of a plan with its own [buffers]: each has its bytes within them, or among the constants. */
internal class ProgramTensors(private val file: ProgramFile, private val buffers: Numbers) {
    private val root = file.root

    /** Throws [ProgramFault] for a tensor that has not. */
    fun check(tensor: FlatTable) {
        val sizes = tensor.numbers("sizes")
        val order = tensor.bytes("order")
        val itemBytes = SCALAR_BYTES[tensor.whole("scalar")]
        if (itemBytes == null || tensor.whole("storage_offset") != 0L || tensor.whole("layout") != 0L) {
            throw ProgramFault("a tensor of type ${tensor.whole("scalar")}")
        }
        val isOrdered = order.limit() == sizes.size && sizes.size <= MOST_RANK && sizes.indices.all { isIn(it, order) }
        if (!isOrdered || sizes.any { it < 0 }) throw ProgramFault("a tensor of sizes ${sizes.take(9)} in another order")
        if (tensor.whole("dynamism") !in 0..1) throw ProgramFault("a tensor of shape kind ${tensor.whole("dynamism")}")
        val size = Saturating.product(sizes + itemBytes)
        val extra = tensor.table("extra")
        if (extra != null && extra.whole("location") != 0L) {
            if (extra.text("name").isNullOrEmpty()) throw ProgramFault("data elsewhere without a name")
        } else if (tensor.whole("buffer") != 0L) {
            checkConstant(tensor.whole("buffer"), size, extra)
        }
        val place = tensor.table("allocation") ?: return
        val start = Saturating.sum(place.whole("low"), Saturating.product(place.whole("high"), 1L shl 32))
        val held = within(place.whole("memory"), buffers, "buffer")
        if (Saturating.sum(start, size) > held) throw ProgramFault("a tensor of $size bytes at $start of a buffer of $held")
    }

    private fun isIn(dimension: Int, order: java.nio.ByteBuffer) = (0 until order.limit()).any { order.get(it).toInt() == dimension }

    private fun checkConstant(index: Long, size: Long, extra: FlatTable?) {
        val group = extra?.whole("segment") ?: 0
        val offsets =
            if (group == 0L) root.table("constant_segment") else within(group, root.tables("mutable_segments"), "segment of values")
        val places = offsets?.numbers("offsets") ?: Numbers.NONE
        val held =
            if (offsets != null && places.isNotEmpty()) {
                file.segment(offsets.whole("segment")).limit() - within(index, places, "constant")
            } else {
                within(index, root.tables("constants"), "constant").bytes("data").limit().toLong()
            }
        if (size > held) throw ProgramFault("a constant of $size bytes where $held are")
    }
}
