package org.memlora.engine

import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtLoggingLevel
import ai.onnxruntime.OrtSession
import org.memlora.engines.Runtime
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Path

/** The process's one environment. */
internal val environment: OrtEnvironment by lazy { OrtEnvironment.getEnvironment() }

/**
 * A session over a graph and the names of its adapter inputs; ONNX Runtime lets engines share it, each with its own buffers.
 *
 * [exactSums]: whether the graph takes the option (`Graph.takesExactSums`), which is given where this processor needs it
 * ([sumsAreExact]). [embeddingWidth] is that of the rows that it takes, 0 where it takes tokens only.
 */
internal class OrtModel(
    graph: Path,
    runtime: Runtime,
    exactSums: Boolean,
    val adapterInputs: Set<String> = emptySet(),
    val embeddingWidth: Int = 0,
) : AutoCloseable {
    val name: String = graph.fileName.toString()
    val session: OrtSession

    init {
        session = OrtSession.SessionOptions().use { options ->
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR)
            options.setIntraOpNumThreads(runtime.threads)
            if (exactSums && !sumsAreExact) options.addConfigEntry("session.x64quantprecision", "1")
            try {
                // by path: the graph's weights lie in files beside it
                environment.createSession(graph.toString(), options)
            } catch (e: OrtException) {
                throw BundleException(
                    "cannot load $name: expected a graph that ONNX Runtime ${environment.version} runs, got ${e.message}; " +
                        "export the bundle again",
                    Reason.UNLINKABLE_PARTS,
                    e,
                )
            }
        }
    }

    /** What [work] gives; throws [BundleException] where the graph cannot take its inputs. */
    inline fun <T> running(work: () -> T): T =
        try {
            work()
        } catch (e: OrtException) {
            throw BundleException(
                "cannot run $name: expected it to take its inputs, got ${e.message}; export the bundle again",
                Reason.UNLINKABLE_PARTS,
                e,
            )
        }

    override fun close(): Unit = session.close()
}

/** Zeros that ONNX Runtime reads and writes in place: outside the heap, in the machine's order of bytes. */
internal fun directBytes(count: Int): ByteBuffer = ByteBuffer.allocateDirect(count).order(ByteOrder.nativeOrder())
