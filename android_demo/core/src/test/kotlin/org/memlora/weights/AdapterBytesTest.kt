package org.memlora.weights

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import java.nio.ByteBuffer

class AdapterBytesTest {
    @Test
    fun `what is written is read back, its numbers at multiples of eight`() {
        for (name in listOf("r", "rows", "rows.ü", "a".repeat(13))) {
            for (dims in listOf(listOf(1, 1), listOf(3, 7), listOf(6))) {
                val values = FloatArray(dims.reduce(Int::times)) { it / 3f - 2 }
                val data = adapterBytes(name, dims, values)
                val (written, tensor) = parseAdapter(ByteBuffer.wrap(data), "x").tensors.entries.single()
                assertEquals(name to dims.map(Int::toLong), written to tensor.shape)
                assertArrayEquals(values, FloatArray(values.size) { tensor.bytes.getFloat(4 * it) })
                assertEquals(0, (data.size - 4 * values.size) % 8)
            }
        }
        assertThrows(IllegalArgumentException::class.java) { adapterBytes("rows", listOf(2, 2), FloatArray(3)) }
    }
}
