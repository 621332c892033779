package org.memlora.app

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.memlora.errors.BundleException
import java.io.File

class CoreBackendTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a folder that is no bundle is refused in a sentence`() {
        val refused = assertThrows(BundleException::class.java) { CoreBackend.verifier.verify(folder) { } }
        assertTrue(refused.message!!.contains("manifest.json"), refused.message)
    }

    @Test
    fun `a real bundle is verified and shown`() {
        val bundle = File(checkNotNull(System.getProperty("memlora.bundle")))
        assumeTrue(bundle.isDirectory, "no bundle in $bundle: export one there")
        var hashed = 0L
        val contents = CoreBackend.verifier.verify(bundle) { hashed += it }
        assertEquals(contents.bytes, hashed)
        assertTrue("generate" in contents.operations)
        assertTrue("onnx" in contents.engines)
    }
}
