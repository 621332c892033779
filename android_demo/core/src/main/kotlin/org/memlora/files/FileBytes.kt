package org.memlora.files

import java.io.DataInputStream
import java.io.EOFException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.nio.file.StandardOpenOption
import org.memlora.errors.BundleException
import org.memlora.errors.Reason

/**
 * All bytes of the small file [path], which has a limit of [most] bytes.
 *
 * Throws [BundleException] (malformed bytes) for a larger one, [java.io.IOException] for one that cannot be read.
 */
public fun readBytes(path: Path, most: Long): ByteArray {
    val size = Files.size(path)
    if (size > most) {
        throw BundleException(
            "large ${path.fileName}: expected at most $most bytes, got $size; do not use this file",
            Reason.MALFORMED_BYTES,
        )
    }
    val data = ByteArray(size.toInt())
    DataInputStream(Files.newInputStream(path)).use { file ->
        try {
            file.readFully(data)
        } catch (e: EOFException) {
            throw BundleException(
                "cut ${path.fileName}: expected $size bytes, got fewer as it was read; open it again",
                Reason.MALFORMED_BYTES,
                e,
            )
        }
    }
    return data
}

/**
 * The bytes of the file [path] as read-only memory of the system's, little-endian; pages are read as they are touched.
 *
 * Throws [BundleException] (malformed bytes) for 2 GiB and more, [java.io.IOException] for a file that cannot be read.
 */
public fun mapFile(path: Path): ByteBuffer =
    FileChannel.open(path, StandardOpenOption.READ).use { channel ->
        val size = channel.size()
        if (size > Int.MAX_VALUE) {
            throw BundleException(
                "large ${path.fileName}: expected less than 2 GiB, got $size bytes; do not use this file",
                Reason.MALFORMED_BYTES,
            )
        }
        channel.map(FileChannel.MapMode.READ_ONLY, 0, size).order(ByteOrder.LITTLE_ENDIAN)
    }

/** Writes [data] beside [target], syncs it and renames it into place; throws [java.io.IOException]. */
public fun writeFileAtomic(target: Path, data: ByteArray) {
    val folder = target.toAbsolutePath().parent
    Files.createDirectories(folder)
    val partial = Files.createTempFile(folder, ".${target.fileName}.", ".partial")
    try {
        FileChannel.open(partial, StandardOpenOption.WRITE).use { channel ->
            val left = ByteBuffer.wrap(data)
            while (left.hasRemaining()) channel.write(left)
            channel.force(true)
        }
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE)
    } finally {
        Files.deleteIfExists(partial)
    }
}

/** The [size] bytes from byte [at] on as a little-endian view; throws [IndexOutOfBoundsException] where they leave the buffer. */
internal fun ByteBuffer.part(at: Long, size: Long): ByteBuffer {
    if (at < 0 || size < 0 || at > limit() - size) throw IndexOutOfBoundsException("$size bytes at byte $at of ${limit()}")
    val from = duplicate() as java.nio.Buffer // Android's own methods of ByteBuffer have other types
    from.limit((at + size).toInt())
    from.position(at.toInt())
    return (from as ByteBuffer).slice().order(ByteOrder.LITTLE_ENDIAN)
}
