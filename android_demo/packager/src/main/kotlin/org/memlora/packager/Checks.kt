package org.memlora.packager

import java.nio.file.Path
import java.util.zip.ZipEntry
import java.util.zip.ZipFile

internal const val PAGE_BYTES = 16384

/** Libraries of the platform that every phone since Android 8 gives to apps. */
private val PLATFORM = setOf("libc.so", "libm.so", "libdl.so", "liblog.so", "libandroid.so", "libz.so")

/** Fails where the APK asks for any permission: without INTERNET nothing can leave the phone. */
internal fun checkPermissions(options: Options, apk: Path) {
    val asked = run(options["aapt2"], "dump", "permissions", apk).lines().filter { "permission:" in it }
    check(asked.isEmpty()) { "the app asks for permissions: expected none, got\n" + asked.joinToString("\n") }
}

/** Fails for a native that phones with 16 KiB pages cannot map, and for one that needs a library that nobody brings. */
internal fun checkNatives(apk: Path, abis: List<String>) {
    val natives = ZipFile(apk.toFile()).use { zip ->
        zip.entries().asSequence().filter { it.name.startsWith("lib/") }.onEach { checkStored(it) }
            .associate { entry -> entry.name to zip.getInputStream(entry).use { it.readBytes() } }
    }
    val offsets = dataOffsets(apk)
    for (abi in abis) {
        val own = natives.filterKeys { it.startsWith("lib/$abi/") }
        check(own.isNotEmpty()) { "no natives for $abi: expected some, got none; fetch the archives again" }
        val brought = PLATFORM + own.keys.map { it.substringAfterLast('/') }
        for ((name, data) in own) {
            val offset = offsets.getValue(name)
            check(offset % PAGE_BYTES == 0L) { "$name lies at $offset of the APK: expected a multiple of $PAGE_BYTES" }
            checkElf(name, readElf(name, data), brought)
        }
    }
}

/** Fails where a segment of [elf] is aligned to smaller pages, or it needs what is not among [brought]. */
internal fun checkElf(name: String, elf: Elf, brought: Set<String>) {
    val least = elf.alignments.minOrNull() ?: 0
    check(least >= PAGE_BYTES) { "$name: expected segments aligned to $PAGE_BYTES bytes, got $least; take another build of it" }
    val foreign = elf.needed - brought
    check(foreign.isEmpty()) { "$name needs ${foreign.joinToString()}: expected only ${brought.sorted().joinToString()}" }
}

private fun checkStored(entry: ZipEntry) =
    check(entry.method == ZipEntry.STORED) { "${entry.name} is compressed: expected it stored, so that it can be mapped" }
