package org.memlora.packager

import java.nio.file.Files
import java.nio.file.Path
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipFile
import java.util.zip.ZipOutputStream
import kotlin.io.path.name

private const val FIXED_TIME_MS = 347_155_200_000L // 1981: the same inputs give the same file

/** An unsigned APK; natives are stored as they are, so that the phone maps them out of it. */
internal fun writeApk(to: Path, resources: Path, dex: List<Path>, natives: Map<String, Path>, notices: Map<String, Path>) {
    ZipOutputStream(Files.newOutputStream(to)).use { out ->
        ZipFile(resources.toFile()).use { zip ->
            for (entry in zip.entries()) {
                val isStored = entry.method == ZipEntry.STORED
                out.put(entry.name, zip.getInputStream(entry).use { it.readBytes() }, isStored)
            }
        }
        dex.forEach { out.put(it.name, Files.readAllBytes(it), isStored = false) }
        natives.forEach { (name, file) -> out.put(name, Files.readAllBytes(file), isStored = true) }
        notices.forEach { (name, file) -> out.put("assets/licences/$name", Files.readAllBytes(file), isStored = false) }
    }
}

private fun ZipOutputStream.put(name: String, data: ByteArray, isStored: Boolean) {
    val entry = ZipEntry(name)
    entry.time = FIXED_TIME_MS
    if (isStored) {
        entry.method = ZipEntry.STORED
        entry.size = data.size.toLong()
        entry.compressedSize = data.size.toLong()
        entry.crc = CRC32().apply { update(data) }.value
    }
    putNextEntry(entry)
    write(data)
    closeEntry()
}
