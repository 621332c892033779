package org.memlora.app.device

import android.app.ActivityManager
import android.content.Context
import android.os.Build
import java.io.File

/** What of the phone decides whether a model can run: memory in bytes, the ABI of this process, what its processor can. */
data class Machine(val totalBytes: Long, val freeBytes: Long, val abi: String, val features: Set<String>) {
    /** Why nothing that takes [needed] bytes is to be loaded, in one sentence; null where it may be. */
    fun refusal(needed: Long): String? {
        val basic = BASIC[abi]
        return when {
            basic == null ->
                "wrong processor: expected ${BASIC.keys.joinToString(" or ")}, got $abi; use a phone with 64 bits"
            features.isNotEmpty() && !features.containsAll(basic) ->
                "wrong processor: expected one with ${(basic - features).joinToString()}, got none; use another phone"
            totalBytes < needed ->
                "too little memory: expected a phone with ${mebibytes(needed)} MiB, got ${mebibytes(totalBytes)} MiB; use a smaller bundle"
            freeBytes < needed ->
                "too little memory is free: expected ${mebibytes(needed)} MiB, got ${mebibytes(freeBytes)} MiB; close other apps and try again"
            else -> null
        }
    }

    /** What makes a model fast and is there: products of small integers, of their matrices, of half floats. */
    val fast: List<String> get() = FAST.filter { it in features }

    private fun mebibytes(bytes: Long) = bytes shr 20

    companion object {
        /** What ONNX Runtime's code for an ABI takes for granted; ABIs that the app has no code for are missing. */
        private val BASIC = mapOf("arm64-v8a" to setOf("fp", "asimd"), "x86_64" to setOf("sse4_2"))

        private val FAST = listOf("asimddp", "i8mm", "asimdhp", "bf16", "sve", "avx2", "avx512_vnni", "avx_vnni")

        /** This phone, now. */
        fun of(context: Context): Machine {
            val memory = ActivityManager.MemoryInfo()
            checkNotNull(context.getSystemService(ActivityManager::class.java)).getMemoryInfo(memory)
            // a process runs in the first ABI of its width that the phone has
            val abi = if (android.os.Process.is64Bit()) Build.SUPPORTED_64_BIT_ABIS else Build.SUPPORTED_32_BIT_ABIS
            return Machine(memory.totalMem, memory.availMem, abi.firstOrNull().orEmpty(), features(File("/proc/cpuinfo")))
        }

        /** The features that [cpuinfo] lists of every core; none where it lists none: then nobody knows. */
        internal fun features(cpuinfo: File): Set<String> {
            val lines = if (cpuinfo.canRead()) cpuinfo.readLines() else emptyList()
            val cores = lines.filter { it.startsWith("Features") || it.startsWith("flags") }
            return cores.map { it.substringAfter(':').split(' ').filter(String::isNotEmpty).toSet() }.reduceOrNull { all, core -> all intersect core }.orEmpty()
        }
    }
}
