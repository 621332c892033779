package org.memlora.text

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.File

/** The rows of a table that both languages replay. */
internal fun conformance(name: String): List<JsonObject> {
    val file = File(System.getProperty("memlora.house"), "tests/conformance/$name")
    return Json.parseToJsonElement(file.readText()).jsonArray.map { it.jsonObject }
}

internal fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

internal fun JsonObject.texts(name: String): List<String> = getValue(name).jsonArray.map { it.jsonPrimitive.content }
