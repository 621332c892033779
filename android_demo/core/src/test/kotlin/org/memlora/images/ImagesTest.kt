package org.memlora.images

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.memlora.errors.ContractException
import org.memlora.errors.ImageException
import java.nio.ByteBuffer
import java.nio.ByteOrder

class ImagesTest {
    private val pixels = source("noise", 1, 5, 4)

    @Test
    fun `what is kept is read back`() {
        assertEquals(pixels, readKept(keptBytes(pixels)))
        assertEquals(16 + 60, keptBytes(pixels).size)
    }

    @Test
    fun `bytes that are no kept photo are refused`() {
        val good = keptBytes(pixels)
        val bad =
            listOf(
                ByteArray(0) to "begins with MLPX",
                good.changed(0, 1) to "begins with MLPX",
                good.changed(4, 2) to "version 1, got 2",
                good.changed(6, 1) to "version 1",
                good.changed(8, 0) to "sides of 1 to 512",
                good.changed(11, -1) to "sides of 1 to 512",
                good.changed(8, 6) to "expected 88 bytes",
                good.copyOf(good.size - 1) to "expected 76 bytes, got 75".replace(" bytes,", " bytes for 5 x 4 pixels,"),
                good + 0 to "got 77",
            )
        for ((data, said) in bad) {
            val message = assertThrows(ImageException::class.java) { readKept(data) }.message!!
            assertTrue(said in message, message)
        }
    }

    @Test
    fun `what cannot be is refused`() {
        val refused =
            listOf<() -> Unit>(
                { Pixels(2, 2, ByteArray(11)) },
                { Pixels(0, 2, ByteArray(0)) },
                { resize(pixels, 0, 4) },
                { resize(pixels, 4, 65_536) },
                { square(pixels, 0) },
                { upright(pixels, 9) },
                { keptBytes(source("noise", 1, 513, 1)) },
                { Normalisation(FloatArray(3), FloatArray(3)) },
                { Normalisation(floatArrayOf(Float.NaN, 0f, 0f), floatArrayOf(1f, 1f, 1f)) },
                { Normalisation(FloatArray(2), floatArrayOf(1f, 1f)) },
            )
        for (call in refused) assertThrows(ContractException::class.java) { call() }
    }

    @Test
    fun `sizes that fit`() {
        assertEquals(224 to 168, fitSize(4000, 3000, 224))
        assertEquals(1 to 224, fitSize(1, 20_000, 224))
        assertEquals(2 to 2, fitSize(4, 3, 2))
    }

    @Test
    fun `an orientation is read or upright`() {
        for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            for (value in 1..8) {
                assertEquals(value, orientationOf(exif(order, value)))
                assertEquals(value, orientationOf("Exif\u0000\u0000".toByteArray(Charsets.US_ASCII) + exif(order, value)))
            }
            for (size in 0 until 22) assertEquals(1, orientationOf(exif(order, 6).copyOf(size)), "$size")
            assertEquals(1, orientationOf(exif(order, 9)))
            assertEquals(1, orientationOf(exif(order, 6).changed(4, -1).changed(7, -1)))
        }
    }

    private fun exif(
        order: ByteOrder,
        value: Int,
    ): ByteArray {
        val mark = if (order == ByteOrder.LITTLE_ENDIAN) "II*\u0000" else "MM\u0000*"
        val out = ByteBuffer.allocate(26).order(order).put(mark.toByteArray(Charsets.ISO_8859_1))
        out.putInt(8).putShort(1).putShort(0x112).putShort(3).putInt(1).putShort(value.toShort())
        return out.array()
    }

    private fun ByteArray.changed(
        place: Int,
        value: Int,
    ) = copyOf().also { it[place] = value.toByte() }
}
