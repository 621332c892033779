package org.memlora.engine

import ai.onnxruntime.OnnxJavaType
import ai.onnxruntime.OnnxTensor
import org.memlora.engines.Runtime
import org.memlora.engines.See
import org.memlora.images.Pixels
import java.nio.Buffer
import java.nio.file.Path

private const val COLOURS = 3L

/** A static graph of `pixels` uint8 `[side, side, 3]` to `rows` float32 `[tokens, hidden]`. */
internal class OrtSee(program: Path, runtime: Runtime, exactSums: Boolean) : See {
    private val model = OrtModel(program, runtime, exactSums)

    override fun run(pixels: Pixels): FloatArray {
        val given = directBytes(pixels.rgb.size).put(pixels.rgb)
        (given as Buffer).rewind()
        val shape = longArrayOf(pixels.height.toLong(), pixels.width.toLong(), COLOURS)
        return OnnxTensor.createTensor(environment, given, shape, OnnxJavaType.UINT8).use { input ->
            model.running {
                model.session.run(mapOf("pixels" to input)).use { result ->
                    val rows = (result.get(0) as OnnxTensor).floatBuffer
                    FloatArray(rows.remaining()).also(rows::get)
                }
            }
        }
    }

    override fun close(): Unit = model.close()
}
