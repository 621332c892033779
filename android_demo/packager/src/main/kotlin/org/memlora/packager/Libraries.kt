package org.memlora.packager

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.util.zip.ZipFile
import kotlin.io.path.name

/** What goes into the APK beside the module's own classes: [jars], and [natives] by their name in the APK. */
internal class Libraries private constructor(val jars: List<Path>, val natives: Map<String, Path>) {
    /** The licence texts named by `--notices`, one `name=file` after another, by their name in the APK. */
    fun notices(options: Options): Map<String, Path> =
        options["notices"].split(",").associate { it.substringBefore('=') to Path.of(it.substringAfter('=')) }

    companion object {
        /** Jars as they lie in [jars], classes and natives of [abis] out of the archives in the folders [aars]. */
        fun collect(jars: Path, aars: List<Path>, unpacked: Path, abis: List<String>): Libraries {
            Files.createDirectories(unpacked)
            val classes = files(jars, ".jar").toMutableList()
            val natives = sortedMapOf<String, Path>()
            for (aar in aars.flatMap { files(it, ".aar") }) {
                val stem = aar.name.removeSuffix(".aar")
                classes.add(extract(aar, "classes.jar", unpacked.resolve("$stem.jar")))
                for (entry in nativesOf(aar, abis)) {
                    val place = "lib/" + entry.removePrefix("jni/")
                    check(place !in natives) { "two archives bring $place: expected one, got a second in $stem; drop it" }
                    natives[place] = extract(aar, entry, unpacked.resolve("$stem/$entry"))
                }
            }
            return Libraries(classes, natives)
        }

        private fun nativesOf(aar: Path, abis: List<String>): List<String> = ZipFile(aar.toFile()).use { zip ->
            zip.stream().map { it.name }.filter { name ->
                name.endsWith(".so") && abis.any { name.startsWith("jni/$it/") }
            }.sorted().toList()
        }
    }
}

/** The files of [folder] whose names end in [ending], sorted; none where there is no such folder. */
internal fun files(folder: Path, ending: String): List<Path> {
    if (!Files.isDirectory(folder)) return emptyList()
    return Files.list(folder).use { all -> all.filter { it.name.endsWith(ending) }.sorted().toList() }
}

/** Copies one entry of an archive to [to]. */
internal fun extract(archive: Path, entry: String, to: Path): Path {
    Files.createDirectories(to.parent)
    ZipFile(archive.toFile()).use { zip ->
        val found = checkNotNull(zip.getEntry(entry)) { "no $entry in ${archive.name}: fetch the archive again" }
        zip.getInputStream(found).use { Files.copy(it, to, StandardCopyOption.REPLACE_EXISTING) }
    }
    return to
}
