package org.memlora.memory.rules.english

import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.memlora.text.splitAtBlanks

private val VOWELS = setOf('a', 'e', 'o', 'u')
private val SPECIAL = mapOf("be" to "is", "have" to "has", "do" to "does", "go" to "goes", "undergo" to "undergoes", "redo" to "redoes")
private val DOUBLED = words("doubled")
private val FORMS: Map<String, List<String>> =
    Tables.words.getValue("irregular").jsonObject.mapValues { splitAtBlanks(it.value.jsonPrimitive.content) }
private val OTHER_FORMS: Map<String, String> = FORMS.flatMap { (base, forms) -> forms.map { it to base } }.toMap()

/** The words of one list of the table of words. */
internal fun words(name: String): Set<String> = Tables.words.list(name).toSet()

/** Forms that are a present and a past, or the past of another verb. */
internal val SAME: Set<String> = words("same")

internal val BASES: Set<String> = FORMS.keys + words("regular") - SAME

/** Irregular forms and plurals -> their base. */
internal val IRREGULAR: Map<String, String> =
    OTHER_FORMS + Tables.words.getValue("plural").jsonObject.map { (one, plural) -> plural.jsonPrimitive.content to one }

internal val PASTS: Set<String> = OTHER_FORMS.keys - words("present_forms") + words("regular").map(::past) + SAME
internal val THIRDS: Set<String> = BASES.mapTo(HashSet(), ::third)

/** Words a sentence begins with that leaves out `I am` or `I was`, and the auxiliary for `he`. */
internal val STATES: Map<String, String> =
    Tables.words.getValue("state_starts").jsonObject.mapValues { it.value.jsonPrimitive.content }

/** The form of a verb for `he`, in small letters: `tries` of `try`. */
internal fun third(base: String): String =
    when {
        base in SPECIAL -> SPECIAL.getValue(base)
        endsInConsonantY(base) -> "${base.dropLast(1)}ies"
        listOf("s", "x", "z", "ch", "sh", "o").any(base::endsWith) -> "${base}es"
        else -> "${base}s"
    }

/** The regular past of a verb: `planned` of `plan`. */
internal fun past(base: String): String =
    when {
        base.endsWith("e") -> "${base}d"
        endsInConsonantY(base) -> "${base.dropLast(1)}ied"
        base in DOUBLED -> "$base${base.last()}ed"
        else -> "${base}ed"
    }

private fun endsInConsonantY(base: String): Boolean =
    base.endsWith("y") && base.getOrNull(base.length - 2).let { it == null || it !in VOWELS }
