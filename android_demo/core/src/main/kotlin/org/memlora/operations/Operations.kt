package org.memlora.operations

import org.memlora.errors.ConfigException

/** The memory operations by name, sorted; another one is added here and nowhere else. */
private val OPERATIONS = listOf<Operation<*, *>>(EXTRACT, GENERATE, SELECT, UPDATE, VQA).associateBy { it.name }.toSortedMap()

/** Names of the operations on text, sorted; other forms of them are left out, and those that read a picture. */
public fun names(): List<String> = OPERATIONS.values.filter { it.formOf == null && it.picture == null }.map { it.name }

/** Names of all operations, other forms (`select` for `extract`) and those that read a picture among them, sorted. */
public fun allNames(): List<String> = OPERATIONS.keys.toList()

/** Names of the operations that read a picture, sorted. */
public fun pictured(): List<String> = OPERATIONS.values.filter { it.picture != null }.map { it.name }

/** The operation called [name]; throws [ConfigException] for an unknown one. */
public fun operation(name: String): Operation<*, *> =
    OPERATIONS[name] ?: throw ConfigException(
        "unknown operation: expected one of ${allNames().joinToString(", ")}, got '$name'; name one of these",
    )

/** The operation called [name] and those that do its work in another form (`select` for `extract`), itself first. */
public fun forms(name: String): List<String> = listOf(name) + OPERATIONS.values.filter { it.formOf == name }.map { it.name }

/**
 * What a memory needs: one form of each operation that is required. [advice] ends the sentence.
 *
 * Throws [ConfigException] when the operations [held], those of [where], lack one.
 */
public fun checkMemory(held: Collection<String>, where: Any, advice: String) {
    val needed = OPERATIONS.values.filter { it.isRequired }.map { forms(it.name) }
    if (needed.any { choices -> choices.none { it in held } }) {
        val expected = needed.joinToString(" and ") { it.joinToString(" or ") }
        val found = held.sorted().joinToString(", ").ifEmpty { "none" }
        throw ConfigException("$where: expected a memory's experts ($expected), found $found; $advice")
    }
}
