package org.memlora.packager

import com.android.tools.r8.CompilationMode
import com.android.tools.r8.D8
import com.android.tools.r8.D8Command
import com.android.tools.r8.DiagnosticsHandler
import com.android.tools.r8.JdkClassFileProvider
import com.android.tools.r8.OutputMode
import com.android.tools.r8.tracereferences.TraceReferences
import com.android.tools.r8.tracereferences.TraceReferencesCommand
import com.android.tools.r8.tracereferences.TraceReferencesConsumer
import com.android.tools.r8.tracereferences.TraceReferencesConsumer.TracedClass
import com.android.tools.r8.tracereferences.TraceReferencesConsumer.TracedField
import com.android.tools.r8.tracereferences.TraceReferencesConsumer.TracedMethod
import java.nio.file.Files
import java.nio.file.Path

/** The module's classes and [jars] as dex files in [out]; nothing is left out or renamed, since natives look classes up by name. */
internal fun compileDex(options: Options, jars: List<Path>, out: Path): List<Path> {
    Files.createDirectories(out)
    files(out, ".dex").forEach(Files::delete)
    val own = Files.walk(options.path("classes")).use { all -> all.filter { it.toString().endsWith(".class") }.sorted().toList() }
    D8.run(
        D8Command.builder()
            .addProgramFiles(own + jars)
            .addLibraryFiles(options.path("android-jar"))
            .addLibraryResourceProvider(javaClasses())
            .setMinApiLevel(options.number("min-sdk"))
            .setMode(CompilationMode.RELEASE)
            .setOutput(out, OutputMode.DexIndexed)
            .build(),
    )
    return files(out, ".dex")
}

/**
 * Fails for a class that [apk] names and neither it nor the platform has: it would be missing on the phone.
 *
 * `--unlinked` names the packages whose absence is known and guarded by their callers.
 */
internal fun checkLinks(options: Options, apk: Path) {
    val known = options["unlinked"].split(",").filter { it.isNotEmpty() }
    val missing = sortedSetOf<String>()
    TraceReferences.run(
        TraceReferencesCommand.builder()
            .addSourceFiles(apk)
            .addTargetFiles(apk)
            .addLibraryFiles(options.path("android-jar"))
            .addLibraryResourceProvider(javaClasses())
            .setConsumer(MissingClasses(missing))
            .build(),
    )
    val unknown = missing.filter { name -> known.none { name.startsWith(it) } }
    check(unknown.isEmpty()) {
        "the APK does not link: expected every class in it or in the platform, missing are\n" + unknown.joinToString("\n")
    }
}

// android-all leaves them to Java; which of them Android 26 has is animal-sniffer's to check
private fun javaClasses() = JdkClassFileProvider.fromJdkHome(Path.of(System.getProperty("java.home")))

// members are not asked for: one that is inherited counts as missing there
private class MissingClasses(private val found: MutableSet<String>) : TraceReferencesConsumer {
    override fun acceptType(traced: TracedClass, handler: DiagnosticsHandler) {
        if (traced.isMissingDefinition) found += traced.reference.typeName
    }

    override fun acceptField(traced: TracedField, handler: DiagnosticsHandler) = Unit

    override fun acceptMethod(traced: TracedMethod, handler: DiagnosticsHandler) = Unit
}
