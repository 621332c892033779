package org.memlora.app.device

import android.app.ActivityManager
import android.content.Context
import java.io.File

private const val KIB = 1024L

/** Memory in bytes: what the process holds now, the most it held since it began, and what the phone has free. */
data class Ram(val used: Long, val peak: Long, val free: Long)

/** Read from the kernel's own account of this process. */
fun ram(context: Context): Ram {
    val free = ActivityManager.MemoryInfo()
    checkNotNull(context.getSystemService(ActivityManager::class.java)).getMemoryInfo(free)
    val status = File("/proc/self/status").readLines()
    return Ram(kib(status, "VmRSS:"), kib(status, "VmHWM:"), free.availMem)
}

private fun kib(status: List<String>, key: String): Long =
    status.first { it.startsWith(key) }.removePrefix(key).removeSuffix("kB").trim().toLong() * KIB
