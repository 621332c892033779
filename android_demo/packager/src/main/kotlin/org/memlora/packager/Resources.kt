package org.memlora.packager

import java.nio.file.Files
import java.nio.file.Path

/**
 * Compiles and links the resources into `work/resources.ap_` and writes `R.java`.
 *
 * Also writes the properties by which Robolectric finds all that, as the Android Gradle plugin does.
 */
internal fun compileResources(options: Options) {
    val main = options.path("main")
    val work = Files.createDirectories(options.path("work"))
    val generated = Files.createDirectories(options.path("generated"))
    val aapt2 = options.path("aapt2").also { it.toFile().setExecutable(true) }
    val compiled = work.resolve("compiled.zip")
    val linked = work.resolve("resources.ap_")
    run(aapt2, "compile", "--dir", main.resolve("res"), "-o", compiled)
    run(
        aapt2, "link", "-I", options["android-jar"], "--manifest", main.resolve("AndroidManifest.xml"),
        "--min-sdk-version", options["min-sdk"], "--target-sdk-version", options["target-sdk"],
        "--version-code", options["version-code"], "--version-name", options["version-name"],
        "--java", generated, "-o", linked, compiled,
    )
    val classpath = options.path("test-aars")
    for (aar in files(classpath, ".aar")) {
        extract(aar, "classes.jar", classpath.resolve(aar.fileName.toString().removeSuffix(".aar") + ".jar"))
    }
    writeTestConfig(options, main, linked)
}

private fun writeTestConfig(options: Options, main: Path, linked: Path) {
    val config = options.path("test-classes").resolve("com/android/tools/test_config.properties")
    Files.createDirectories(config.parent)
    val properties = mapOf(
        "android_merged_manifest" to main.resolve("AndroidManifest.xml"),
        "android_resource_apk" to linked,
        "android_merged_assets" to main.resolve("assets"),
        "android_custom_package" to options["package"],
    )
    Files.writeString(config, properties.entries.joinToString("\n", postfix = "\n") { (key, value) -> "$key=$value" })
}
