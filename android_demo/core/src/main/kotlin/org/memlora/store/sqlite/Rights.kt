package org.memlora.store.sqlite

import java.io.File
import java.nio.file.FileAlreadyExistsException
import java.nio.file.FileSystemException
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermission
import java.nio.file.attribute.PosixFilePermissions

private val OWNER_ALONE = setOf(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE)
private val OWNERS = OWNER_ALONE + PosixFilePermission.OWNER_EXECUTE
private val hasRights = "posix" in FileSystems.getDefault().supportedFileAttributeViews()

/** The log of the store's file, which SQLite keeps beside the file that a link leads to. */
internal fun logOf(file: File): File = File("${file.canonicalPath}-wal")

/** Make the file for its owner alone, and take others' rights from one of this user's; the log inherits them. */
internal fun keepPrivate(file: File) {
    if (!file.exists()) createPrivate(file)
    if (!hasRights) return
    for (each in listOf(file, logOf(file), File("${file.canonicalPath}-shm"))) {
        if (!each.exists()) continue
        val found = Files.getPosixFilePermissions(each.toPath())
        if (!OWNERS.containsAll(found)) takeRights(each, found intersect OWNERS)
    }
}

private fun takeRights(file: File, kept: Set<PosixFilePermission>) {
    try {
        Files.setPosixFilePermissions(file.toPath(), kept)
    } catch (_: FileSystemException) {
        return // another user's file, whose rights are his to give
    }
}

/** A new file without bytes, for its owner alone where the platform has rights; one that is there stays. */
internal fun createPrivate(file: File) {
    try {
        if (hasRights) {
            Files.createFile(file.toPath(), PosixFilePermissions.asFileAttribute(OWNER_ALONE))
        } else {
            Files.createFile(file.toPath())
        }
    } catch (_: FileAlreadyExistsException) {
        return // another process was first
    }
}
