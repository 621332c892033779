package org.memlora.files

import java.nio.file.Files
import java.nio.file.LinkOption
import java.nio.file.Path
import java.nio.file.attribute.BasicFileAttributes
import java.nio.file.attribute.FileTime

/** What a name in a folder stands for; links are not followed. */
public enum class FileKind { FILE, FOLDER, LINK, OTHER }

/**
 * What changes when a file is written, replaced or linked; [links] is its number of names.
 *
 * Where a file system tells neither file keys nor times of change nor links, as outside of Unix, [key] and [changed]
 * are null and [links] is 1: then size and time alone say that a file is the one that was checked.
 */
public data class FileSignature(
    public val kind: FileKind,
    public val key: String?,
    public val size: Long,
    public val modified: FileTime,
    public val changed: FileTime?,
    public val links: Int,
) {
    public companion object {
        /** The signature of [path] itself; throws [java.io.IOException]. */
        public fun of(path: Path): FileSignature {
            val basic = Files.readAttributes(path, BasicFileAttributes::class.java, LinkOption.NOFOLLOW_LINKS)
            val kind =
                when {
                    basic.isSymbolicLink -> FileKind.LINK
                    basic.isRegularFile -> FileKind.FILE
                    basic.isDirectory -> FileKind.FOLDER
                    else -> FileKind.OTHER
                }
            val isUnix = "unix" in path.fileSystem.supportedFileAttributeViews()
            val unix = if (isUnix) Files.readAttributes(path, "unix:ctime,nlink", LinkOption.NOFOLLOW_LINKS) else emptyMap()
            return FileSignature(
                kind,
                basic.fileKey()?.toString(),
                basic.size(),
                basic.lastModifiedTime(),
                unix["ctime"] as FileTime?,
                (unix["nlink"] as Number?)?.toInt() ?: 1,
            )
        }
    }
}
