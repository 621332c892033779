package org.memlora.app.device

import android.content.Context
import android.os.PowerManager
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
class HeatTest {
    private val context: Context = RuntimeEnvironment.getApplication()

    @Test
    fun thePhoneSaysHowHotItIs() {
        assertEquals(Heat.NONE, heat(context))
        val manager = shadowOf(checkNotNull(context.getSystemService(PowerManager::class.java)))
        // the platform counts its states from 0 on, in this order
        for (state in Heat.entries - Heat.UNKNOWN) {
            manager.setCurrentThermalStatus(state.ordinal)
            assertEquals(state, heat(context))
        }
    }
}
