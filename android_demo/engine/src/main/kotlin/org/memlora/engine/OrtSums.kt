package org.memlora.engine

import ai.onnxruntime.OnnxJavaType
import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtLoggingLevel
import ai.onnxruntime.OrtSession
import java.io.ByteArrayOutputStream

private const val TERMS = 8
private const val COLUMNS = 16
private const val WEIGHT = 127

/**
 * Whether ONNX Runtime adds products of unsigned and signed bytes exactly on this processor, without being told to: the
 * largest ones of `sums.onnx`, of a single row and of several, tried once. See Python's `are_sums_exact`.
 */
internal val sumsAreExact: Boolean by lazy {
    OrtSession.SessionOptions().use { options ->
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR)
        environment.createSession(probe(), options).use { session -> listOf(1, 17).all { isExact(session, it) } }
    }
}

private fun isExact(session: OrtSession, rows: Int): Boolean {
    val given = directBytes(rows * TERMS)
    for (at in 0 until rows * TERMS) given.put(at, 255.toByte())
    return OnnxTensor.createTensor(environment, given, longArrayOf(rows.toLong(), TERMS.toLong()), OnnxJavaType.UINT8).use { input ->
        session.run(mapOf("a" to input)).use { result ->
            val sums = (result.get(0) as OnnxTensor).intBuffer
            (0 until rows * COLUMNS).all { sums.get(it) == TERMS * 255 * WEIGHT }
        }
    }
}

private fun probe(): ByteArray {
    val stream = checkNotNull(OrtModel::class.java.getResourceAsStream("sums.onnx")) { "sums.onnx is not in the library" }
    return stream.use { ByteArrayOutputStream().also { out -> it.copyTo(out) }.toByteArray() }
}
