package org.memlora.bundle

import java.text.Normalizer
import java.util.Locale
import org.memlora.errors.BundleException
import org.memlora.errors.Reason
import org.memlora.files.Limits

private const val AGAIN = "fetch or export the bundle again"
private const val UNPORTABLE = "\\:*?\"<>|"
private const val DOTLESS_I = '\u0131'
private const val STANDS_FOR_DOTLESS_I = '\uE000' // private, so no path has it
private val DEVICES =
    setOf("con", "prn", "aux", "nul") + listOf("com", "lpt").flatMap { port -> "0123456789\u00B9\u00B2\u00B3".map { "$port$it" } }
private val NAME = Regex("[a-z][a-z0-9_]{0,63}")
private val SHA256 = Regex("[0-9a-f]{64}")

/** Every path is relative, stays inside, means one file on every system, and is listed; throws [BundleException]. */
internal fun checkPaths(manifest: Manifest) {
    if (manifest.files.size > Limits.MAX_FILES) {
        throw BundleException(
            "too many files in ${Manifest.FILE}: expected at most ${Limits.MAX_FILES}, got ${manifest.files.size}; $AGAIN",
        )
    }
    for ((name, entry) in manifest.files) {
        checkPath(name)
        if (entry.size < 0 || !SHA256.matches(entry.sha256)) {
            throw BundleException(
                "invalid entry for '$name' in ${Manifest.FILE}: expected a size and 64 hex digits, got ${entry.size} and " +
                    "'${entry.sha256.take(80)}'; $AGAIN",
            )
        }
    }
    for (name in manifest.operations.keys + manifest.kinds()) {
        if (!NAME.matches(name)) {
            throw BundleException(
                "invalid name in ${Manifest.FILE}: expected small letters, digits and _, got '${name.take(40)}'; $AGAIN",
            )
        }
    }
    checkTwins(manifest.files.keys + listOf(Manifest.FILE, Manifest.SEAL))
    for ((place, file, _) in manifest.references()) {
        checkPath(file)
        if (file !in manifest.files) {
            throw BundleException(
                "missing $file: expected the file that $place names under files in ${Manifest.FILE}, got none; $AGAIN",
                Reason.UNLINKABLE_PARTS,
            )
        }
    }
    for (base in manifest.bases()) {
        if ('/' in base.file) {
            throw BundleException(
                "misplaced ${base.file}: expected the base beside the graphs, got a path; $AGAIN",
                Reason.UNLINKABLE_PARTS,
            )
        }
    }
}

private fun checkPath(name: String) {
    val parts = name.split('/')
    val isPlain = isPrintable(name) && name.none { it in UNPORTABLE } && Normalizer.isNormalized(name, Normalizer.Form.NFC)
    if (!isPlain || parts.any { it in listOf("", ".", "..") } || name in listOf(Manifest.FILE, Manifest.SEAL)) {
        throw BundleException(
            "unsafe path in ${Manifest.FILE}: expected one inside the bundle, got '${shown(name)}'; do not use this bundle",
        )
    }
    for (part in parts) {
        if (part.last() in ". " || part.substringBefore('.').trimEnd(' ').lowercase(Locale.ROOT) in DEVICES) {
            throw BundleException(
                "path in ${Manifest.FILE} that not every system takes: expected no final dot or blank and no device's name, " +
                    "got '$name'; rename the file and export the bundle again",
            )
        }
    }
    val size = name.toByteArray(Charsets.UTF_8).size
    if (size > Limits.MAX_PATH_BYTES) {
        throw BundleException(
            "long path in ${Manifest.FILE}: expected at most ${Limits.MAX_PATH_BYTES} bytes, got $size in " +
                "'${name.take(40)}'..; rename the file and export the bundle again",
        )
    }
}

/** Whether every character is one that is seen, or a blank. */
internal fun isPrintable(text: String): Boolean = codePoints(text).all { it == ' '.code || isSeen(it) }

private fun isSeen(point: Int): Boolean =
    when (Character.getType(point).toByte()) {
        Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED -> false
        Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false
        else -> true
    }

private fun codePoints(text: String): Sequence<Int> = sequence {
    var at = 0
    while (at < text.length) {
        val point = text.codePointAt(at)
        yield(point)
        at += Character.charCount(point)
    }
}

/** A path for a message: what cannot be seen as its number, so that a message stays one line. */
private fun shown(name: String): String =
    buildString {
        for (point in codePoints(name)) {
            if (point == ' '.code || isSeen(point)) appendCodePoint(point) else append("\\u{${Integer.toHexString(point)}}")
        }
    }

/** No two paths are one on a system that ignores case, folders included. */
private fun checkTwins(names: Collection<String>) {
    val seen = HashMap<String, String>()
    for (name in names) {
        var at = -1
        do {
            at = name.indexOf('/', at + 1)
            val path = if (at < 0) name else name.substring(0, at)
            val twin = seen.getOrPut(folded(path)) { path }
            if (twin != path) {
                throw BundleException(
                    "paths in ${Manifest.FILE} that are one on some systems: expected others, got '$twin' and '$path'; " +
                        "rename one and export the bundle again",
                )
            }
        } while (at >= 0)
    }
}

/** Equal for paths that differ in case alone: Unicode's full folding, by way of capitals, as far as equality goes. */
internal fun folded(path: String): String {
    val once = path.replace(DOTLESS_I, STANDS_FOR_DOTLESS_I).lowercase(Locale.ROOT) // the capital of no other letter
    return Normalizer.normalize(once.uppercase(Locale.ROOT).lowercase(Locale.ROOT), Normalizer.Form.NFC)
}

/** No file is larger than the format's limit for its role; a base is bounded by its index. Throws [BundleException]. */
internal fun checkSizes(manifest: Manifest) {
    val roles = manifest.files.keys.associateWithTo(LinkedHashMap()) { "other" }
    for (reference in manifest.references()) roles[reference.file] = reference.role
    for ((name, role) in roles) {
        val size = manifest.files.getValue(name).size
        val most = if (role == Manifest.BASE) Long.MAX_VALUE else Limits.MAX_BYTES.getValue(role)
        if (size > most) {
            throw BundleException(
                "large $name: expected at most $most bytes, got $size; do not use this bundle",
                Reason.MALFORMED_BYTES,
            )
        }
    }
}
