package org.memlora.app.device

import android.annotation.TargetApi
import android.content.Context
import android.os.Build
import android.os.PowerManager
import org.memlora.app.R

/** How hot the phone says it is: from [MODERATE] on its processor may be slowed. Named by [label]. */
enum class Heat(val label: Int) {
    NONE(R.string.heat_none),
    LIGHT(R.string.heat_light),
    MODERATE(R.string.heat_moderate),
    SEVERE(R.string.heat_severe),
    CRITICAL(R.string.heat_critical),
    EMERGENCY(R.string.heat_emergency),
    SHUTDOWN(R.string.heat_shutdown),

    /** Before Android 10 nobody knows. */
    UNKNOWN(R.string.heat_unknown),
}

/** As it is now. */
fun heat(context: Context): Heat = if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) Heat.UNKNOWN else heatSince29(context)

@TargetApi(Build.VERSION_CODES.Q)
private fun heatSince29(context: Context): Heat =
    when (checkNotNull(context.getSystemService(PowerManager::class.java)).currentThermalStatus) {
        PowerManager.THERMAL_STATUS_NONE -> Heat.NONE
        PowerManager.THERMAL_STATUS_LIGHT -> Heat.LIGHT
        PowerManager.THERMAL_STATUS_MODERATE -> Heat.MODERATE
        PowerManager.THERMAL_STATUS_SEVERE -> Heat.SEVERE
        PowerManager.THERMAL_STATUS_CRITICAL -> Heat.CRITICAL
        PowerManager.THERMAL_STATUS_EMERGENCY -> Heat.EMERGENCY
        PowerManager.THERMAL_STATUS_SHUTDOWN -> Heat.SHUTDOWN
        else -> Heat.UNKNOWN
    }
