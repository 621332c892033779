package org.memlora.weights

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.sha256File

/** An opened base: where each tensor lies in its data file at [path], which is never read whole. */
public class QuantizedBase private constructor(
    public val path: Path,
    public val sha256: String,
    public val size: Long,
    public val groupSize: Long,
    public val tensors: Map<String, BaseTensor>,
) {
    /** Throws [BundleException] unless the file's sha256 is the index's, [java.io.IOException] where it cannot be read. */
    public fun verify() {
        val got = sha256File(path)
        if (got != sha256) throw BundleException("$path: expected sha256 $sha256, got $got; fetch or make the base again")
    }

    /** The bytes of [window], read-only and little-endian, as memory of the system's; throws [java.io.IOException]. */
    public fun map(window: Window): ByteBuffer =
        FileChannel.open(path, StandardOpenOption.READ).use { channel ->
            channel.map(FileChannel.MapMode.READ_ONLY, window.offset, window.length).order(ByteOrder.LITTLE_ENDIAN)
        }

    public companion object {
        /**
         * Opens the base in [folder], checking format, version, size and every window, but not the hashes ([verify] does).
         *
         * Throws [BundleException], and [java.io.IOException] where a file cannot be read.
         */
        public fun open(folder: Path, indexName: String = BaseIndex.NAME): QuantizedBase {
            val (index, indexBytes) = readIndex(folder.resolve(indexName))
            val path = folder.resolve(index.file)
            if (!Files.isRegularFile(path)) {
                throw BundleException("$path: expected the base's data file, found none", Reason.UNLINKABLE_PARTS)
            }
            val size = Files.size(path)
            if (size != index.size) {
                throw BundleException("$path: expected ${index.size} bytes, got $size; the file is incomplete or foreign")
            }
            val tensors = readTensors(index, indexName)
            checkWindows(tensors, size, indexBytes, indexName)
            return QuantizedBase(path, index.sha256, size, index.groupSize, tensors)
        }
    }
}
