package org.memlora.bundle

import java.nio.file.Files
import java.nio.file.Path
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.BY_CODE_POINTS
import org.memlora.files.FileKind
import org.memlora.files.FileSignature
import org.memlora.files.sha256File
import org.memlora.weights.QuantizedBase

private const val AGAIN = "fetch or export the bundle again"
private val IGNORED = setOf(".DS_Store", "Thumbs.db", "desktop.ini") // file browsers write them

/**
 * The folder holds exactly the listed files, each a real file of the listed size with no other name.
 *
 * Returns the signatures of the listed files, taken before any of them is read. Throws [BundleException], and
 * [java.io.IOException] where something cannot be looked at.
 */
internal fun checkTree(folder: Path, manifest: Manifest): Map<String, FileSignature> {
    val found = LinkedHashMap<String, FileSignature>()
    walk(folder, "", foldersOf(manifest)) { name ->
        val signature = FileSignature.of(folder.resolve(name))
        if (name != Manifest.FILE && name != Manifest.SEAL && name !in manifest.files) {
            throw BundleException(
                "unlisted $name: expected only files listed in ${Manifest.FILE}, got one more; remove it or $AGAIN",
                Reason.UNLINKABLE_PARTS,
            )
        }
        if (signature.kind != FileKind.FILE || signature.links > 1) {
            val kind = if (signature.kind == FileKind.LINK) "a symbolic link" else "a hard link or special file"
            throw BundleException(
                "linked $name: expected a real file of its own, got $kind; copy the bundle's files",
                Reason.UNLINKABLE_PARTS,
            )
        }
        found[name] = signature
    }
    return manifest.files.mapValues { (name, entry) ->
        val signature = found[name] ?: throw BundleException(
            "missing $name: expected ${entry.size} bytes, got no file; $AGAIN",
            Reason.UNLINKABLE_PARTS,
        )
        if (signature.size != entry.size) {
            throw BundleException(
                "damaged $name: expected ${entry.size} bytes, got ${signature.size}; $AGAIN",
                Reason.MALFORMED_BYTES,
            )
        }
        signature
    }
}

/** The paths of all folders that hold a listed file, at any depth. */
private fun foldersOf(manifest: Manifest): Set<String> =
    manifest.files.keys.flatMapTo(HashSet()) { name -> name.indices.filter { name[it] == '/' }.map { name.substring(0, it) } }

/** [visit] gets all that is no folder below [folder], by its path; a folder with no listed file in it is given itself. */
private fun walk(root: Path, folder: String, folders: Set<String>, visit: (String) -> Unit) {
    val prefix = if (folder.isEmpty()) "" else "$folder/"
    val names = Files.newDirectoryStream(root.resolve(folder)).use { all -> all.map { it.fileName.toString() } }
    for (name in names.sortedWith(BY_CODE_POINTS)) {
        val path = prefix + name
        when {
            path in folders && FileSignature.of(root.resolve(path)).kind == FileKind.FOLDER -> walk(root, path, folders, visit)
            name !in IGNORED -> visit(path)
        }
    }
}

/** The file [name], which is the one that was checked; throws [BundleException], [java.io.IOException] where it is gone. */
internal fun checkUnchanged(folder: Path, name: String, seen: Map<String, FileSignature>): Path {
    val path = folder.resolve(name)
    if (FileSignature.of(path) != seen.getValue(name)) {
        throw BundleException(
            "changed $name: expected the file that was checked, got one written since; open the bundle again",
            Reason.MALFORMED_BYTES,
        )
    }
    return path
}

/** Every file's bytes are the listed ones; [hashed] is called with name and size after each. Throws [BundleException]. */
internal fun checkHashes(folder: Path, manifest: Manifest, hashed: (String, Long) -> Unit) {
    val indexes = manifest.bases().mapTo(LinkedHashSet()) { it.index }
    for (name in indexes + manifest.files.keys) {
        val entry = manifest.files.getValue(name)
        val got = sha256File(folder.resolve(name))
        if (got != entry.sha256) {
            throw BundleException(
                "damaged $name: expected sha256 ${entry.sha256}, got $got; $AGAIN",
                Reason.MALFORMED_BYTES,
            )
        }
        if (name in indexes) QuantizedBase.open(folder, name) // an index bounds its base's size: it is looked at first
        hashed(name, entry.size)
    }
}
