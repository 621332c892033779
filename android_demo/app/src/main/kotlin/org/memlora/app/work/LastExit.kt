package org.memlora.app.work

import android.annotation.TargetApi
import android.app.ActivityManager
import android.app.ApplicationExitInfo
import android.content.Context
import android.os.Build

private val BY_SOMEBODY = setOf(
    ApplicationExitInfo.REASON_USER_REQUESTED,
    ApplicationExitInfo.REASON_USER_STOPPED,
    ApplicationExitInfo.REASON_PACKAGE_UPDATED,
)

/**
 * Whether the engine had no part in the last end of the process: somebody closed the app, or the system cleared it away
 * unseen for want of memory. Before Android 11 nobody knows, and it is false.
 */
fun wasCleared(context: Context): Boolean {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return false
    return wasClearedSince30(context)
}

@TargetApi(Build.VERSION_CODES.R)
private fun wasClearedSince30(context: Context): Boolean {
    val manager = checkNotNull(context.getSystemService(ActivityManager::class.java))
    val last = manager.getHistoricalProcessExitReasons(context.packageName, 0, 1).firstOrNull() ?: return false
    val isUnseen = last.importance >= ActivityManager.RunningAppProcessInfo.IMPORTANCE_CACHED
    return last.reason in BY_SOMEBODY || (last.reason == ApplicationExitInfo.REASON_LOW_MEMORY && isUnseen)
}
