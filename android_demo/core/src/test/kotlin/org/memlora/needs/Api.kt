package org.memlora.needs

import kotlinx.validation.api.dump
import kotlinx.validation.api.filterOutNonPublic
import kotlinx.validation.api.loadApiFromJvmClasses
import org.junit.jupiter.api.Assertions.assertEquals
import java.io.File
import java.io.InputStream

private const val SHOWN = 20

/** Holds what the module under test makes public to its file `api/[module].api`; `-Dmemlora.api=write` writes that anew. */
fun checkApi(module: String) {
    val file = File("api/$module.api")
    val found = publicApi(File("target/classes"))
    if (System.getProperty("memlora.api") == "write") return file.writeText(found)
    assertEquals(emptyList<String>(), changes(file.readText(), found)) {
        "the public API of $module changed: expected what android_demo/$module/$file says, got the lines below; where that is " +
            "meant, renew it with `mvn -f android_demo/pom.xml -pl $module -am test -Dtest=ApiTest -Dmemlora.api=write " +
            "-Dsurefire.failIfNoSpecifiedTests=false` and say it in CHANGELOG.md"
    }
}

/** Every public class below [classes] with its public members, sorted. */
internal fun publicApi(classes: File): String {
    val files = classes.walk().filter { it.extension == "class" }.sortedBy { it.path }
    val api = files.map<File, InputStream> { it.inputStream() }.loadApiFromJvmClasses().filterOutNonPublic()
    return api.dump(StringBuilder()).toString()
}

/** Lines that went with `-` and lines that came with `+`, each with its class, the first [SHOWN]. */
internal fun changes(
    expected: String,
    got: String,
): List<String> {
    val old = lines(expected)
    val new = lines(got)
    return ((old - new).map { "- $it" } + (new - old).map { "+ $it" }).take(SHOWN)
}

private fun lines(api: String): Set<String> {
    var owner = ""
    return api.lines().filter { it.isNotBlank() && it != "}" }.mapTo(LinkedHashSet()) { line ->
        if (!line.startsWith("\t")) owner = line.substringBefore(" {")
        if (line.startsWith("\t")) "$owner: ${line.trim()}" else line
    }
}
