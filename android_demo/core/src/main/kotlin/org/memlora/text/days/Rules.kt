package org.memlora.text.days

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.memlora.text.escapePattern
import org.memlora.text.pattern
import java.util.concurrent.ConcurrentHashMap

private const val GAP = "[ \\t\\r\\n\\u00a0]+"
private const val WORD_END = "(?![a-z0-9_@/\\\\\\u00c0-\\u024f]|'[a-z]|[.][a-z0-9]|-[a-z0-9])"
private const val BEGINNING = 2 // letters
private val HOLE = pattern("\\{([a-z]+)(?::([a-z0-9]+))?\\}|<([a-z0-9]+)>")

/** The places where the word of an expression may begin. */
internal val WORD_START: Regex = pattern("(?<![a-z0-9_'@#&/\\\\.\\u00c0-\\u024f-])(?<![0-9],)(?=[a-z0-9])")

/** A table that stands once, beside the Python, and travels as a resource. */
internal fun readTable(name: String): JsonObject {
    val stream = checkNotNull(Tables::class.java.getResourceAsStream(name)) { "The table $name is missing beside ${Tables::class.java.name}." }
    return Json.parseToJsonElement(stream.use { it.readBytes() }.toString(Charsets.UTF_8)).jsonObject
}

/** The lists of `words.json` and `tense.json`. */
internal object Tables {
    /** List -> word -> what it stands for. */
    val words: Map<String, Map<String, JsonElement>> by lazy { readTable("words.json").mapValues { it.value.jsonObject } }

    private val numbers: Map<String, Map<String, Int>> by lazy {
        words.filterValues { list -> list.values.all { it is JsonPrimitive && !it.isString } }
            .mapValues { (_, list) -> list.mapValues { it.value.jsonPrimitive.int } }
    }
    private val tenses: Map<String, Set<String>> by lazy {
        readTable("tense.json").mapValues { (_, list) -> list.jsonArray.mapTo(HashSet()) { it.jsonPrimitive.content } }
    }

    /** A list of `words.json` whose words stand for whole numbers. */
    fun numbers(name: String): Map<String, Int> = numbers.getValue(name)

    /** unit word -> day, week, fortnight, month or year */
    val units: Map<String, String> by lazy { words.getValue("unit").mapValues { it.value.jsonPrimitive.content } }

    /** Words that no list of verbs needs to be asked for again. */
    val known: Set<String> by lazy { listOf("modal", "maybe", "be", "have", "past", "present").flatMapTo(HashSet(), ::wordsOf) }

    /** A list of `tense.json`. */
    fun wordsOf(name: String): Set<String> = tenses.getValue(name)
}

/** A list of `tense.json`. */
internal fun wordsOf(name: String): Set<String> = Tables.wordsOf(name)

/**
 * One row of `rules.json`.
 *
 * @property order its place in the table
 * @property find what it matches from a [WORD_START] on, in small letters
 * @property meaning the name of the function that turns the match into a date
 * @property isFuture only where the clause speaks of the future
 * @property notAfter no match where the text before ends so
 * @property notBefore no match where the text after begins so
 * @property names of the words that it keeps
 */
internal class Rule(
    val order: Int,
    val find: Regex,
    val meaning: String,
    val isFuture: Boolean,
    val notAfter: Regex?,
    val notBefore: Regex?,
    val names: Set<String>,
    private val options: JsonObject,
) {
    fun flag(name: String): Boolean = options[name]?.jsonPrimitive?.boolean ?: false

    fun number(name: String): Int = options.getValue(name).jsonPrimitive.int

    fun text(name: String): String = options.getValue(name).jsonPrimitive.content
}

/** In the order of the table; of two matches of one length the earlier rule wins. */
internal val RULES: List<Rule> by lazy(::compileRules)

private val RULES_BY_BEGINNING = ConcurrentHashMap<String, List<Rule>>()

/** The rules that may match at [start], told by the first two letters or digits there; of most words there are none. */
internal fun rulesAt(
    hidden: String,
    start: Int,
): List<Rule> {
    var end = start
    while (end < minOf(hidden.length, start + BEGINNING) && (hidden[end] in 'a'..'z' || hidden[end] in '0'..'9')) end++
    return RULES_BY_BEGINNING.getOrPut(hidden.substring(start, end)) {
        RULES.filter { rule -> rule.find.toPattern().matcher(hidden.substring(start, end)).let { it.lookingAt() || it.hitEnd() } }
    }
}

private fun compileRules(): List<Rule> {
    val table = readTable("rules.json")
    val lists = Tables.words.mapValuesTo(LinkedHashMap()) { either(it.value.keys) }
    for ((name, entries) in table.getValue("lists").jsonObject) lists[name] = either(entries.jsonArray.map { it.jsonPrimitive.content })
    for ((name, part) in table.getValue("parts").jsonObject) lists[name] = fill(part.jsonPrimitive.content, lists)
    val guards =
        table.getValue("guards").jsonObject.mapValues { (_, guard) -> pattern(gaps(fill(guard.jsonPrimitive.content, lists))) }
    return table.getValue("rules").jsonArray.mapIndexed { order, element ->
        val row = element.jsonObject
        val find = row.getValue("find").jsonPrimitive.content
        Rule(
            order = order,
            find = pattern("(?:" + gaps(fill(find, lists)) + ")" + WORD_END),
            meaning = row.getValue("as").jsonPrimitive.content,
            isFuture = row["tense"] == JsonPrimitive("future"),
            notAfter = row["not_after"]?.let { guards.getValue(it.jsonPrimitive.content) },
            notBefore = row["not_before"]?.let { guards.getValue(it.jsonPrimitive.content) },
            names = HOLE.findAll(find).mapNotNullTo(HashSet()) { it.groups[1]?.value },
            options = row,
        )
    }
}

internal fun either(entries: Collection<String>): String =
    entries.sortedByDescending { it.length }.joinToString("|", "(?:", ")") { escapePattern(it).replace("\\ ", " ") }

private fun fill(
    pattern: String,
    lists: Map<String, String>,
): String =
    HOLE.replace(pattern) { match ->
        val (name, other, plain) = match.destructured
        if (plain.isNotEmpty()) lists.getValue(plain) else "(?P<$name>${lists.getValue(other.ifEmpty { name })})"
    }

/** A space becomes white space; inside a class it stays. */
private fun gaps(pattern: String): String =
    buildString {
        var inside = false
        for (sign in pattern) {
            inside = sign == '[' || (inside && sign != ']')
            if (sign == ' ' && !inside) append(GAP) else append(sign)
        }
    }
