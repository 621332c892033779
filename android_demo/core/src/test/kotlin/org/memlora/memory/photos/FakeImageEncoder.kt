package org.memlora.memory.photos

import org.memlora.errors.ContractException
import org.memlora.images.KEPT_SIDE
import org.memlora.images.Pixels
import org.memlora.parts.Embeddings
import org.memlora.store.ImageEncoder

/** Two rows of the mean colour; [encoded] counts the pictures, of which it takes none that is larger than a kept one. */
internal class FakeImageEncoder(override val identity: String = "one") :
    ImageEncoder,
    AutoCloseable {
    var encoded = 0
    var isBroken = false
    var isClosed = false

    override fun encode(pixels: Pixels): Embeddings {
        check(!isClosed && maxOf(pixels.width, pixels.height) <= KEPT_SIDE)
        if (isBroken) throw ContractException("the encoder is broken: expected rows, got none; run it again")
        encoded++
        val mean =
            FloatArray(3) { colour ->
                val values = pixels.rgb.filterIndexed { at, _ -> at % 3 == colour }
                values.map { it.toInt() and 255 }.average().toFloat()
            }
        return Embeddings(mean + mean, mean.size)
    }

    override fun close() {
        isClosed = true
    }
}

internal val COLOURS = listOf("red", "green", "blue")

/** A picture of one colour. */
internal fun plain(
    colour: String,
    width: Int = 40,
    height: Int = 30,
): Pixels = Pixels(width, height, ByteArray(width * height * 3) { if (it % 3 == COLOURS.indexOf(colour)) 200.toByte() else 0 })
