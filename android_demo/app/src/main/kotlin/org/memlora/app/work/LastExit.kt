package org.memlora.app.work

import android.annotation.TargetApi
import android.app.ActivityManager
import android.app.ApplicationExitInfo
import android.content.Context
import android.os.Build

private val HARMLESS = setOf(
    ApplicationExitInfo.REASON_USER_REQUESTED,
    ApplicationExitInfo.REASON_USER_STOPPED,
    ApplicationExitInfo.REASON_PACKAGE_UPDATED,
)

/** Whether the process ended last because somebody closed it; before Android 11 nobody knows, and it is false. */
fun wasClosedByHand(context: Context): Boolean {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return false
    return reason(context) in HARMLESS
}

@TargetApi(Build.VERSION_CODES.R)
private fun reason(context: Context): Int? {
    val manager = checkNotNull(context.getSystemService(ActivityManager::class.java))
    val last = manager.getHistoricalProcessExitReasons(context.packageName, 0, 1).firstOrNull()
    return last?.reason
}
