package org.memlora.store.sqlite

import java.time.LocalDate
import org.memlora.files.JsonArray
import org.memlora.files.JsonInteger
import org.memlora.files.JsonNull
import org.memlora.files.JsonString
import org.memlora.files.JsonValue
import org.memlora.files.jsonText
import org.memlora.files.parseJson
import org.memlora.store.forms.Said
import org.memlora.store.forms.exchangeKey
import org.memlora.store.forms.hexSha256

private const val DAY_LETTERS = 10
private const val ASCII_END = 0x7F

/**
 * The key of bytes for an exchange with the key that versions 1 to 3 gave it, a hash of Python's JSON.
 *
 * [exchange] is a JSON list: the key; name, moment and number of exchanges of its session; its messages. Its place
 * stands in the old key alone, so places as Python's `ingest` gave them are tried; a key that none explains stays.
 */
internal fun keyOfBytes(exchange: String): String {
    val (key, session, messages) = (parseJson(exchange.toByteArray(Charsets.UTF_8), "exchange") as JsonArray).items
    val (name, moment, exchanges) = (session as JsonArray).items
    val days = if (moment is JsonString && moment.value.isNotEmpty()) listOf(JsonString(moment.value.take(DAY_LETTERS)), JsonNull) else listOf(JsonNull)
    val places = listOf("") + (0 until 2 * (exchanges as JsonInteger).saturated + 2).map { it.toString() }
    for (place in places) for (day in days) for (named in listOf(name, JsonString(""))) {
        val tried = JsonArray(listOf(named, day, JsonString(place), messages))
        if (hexSha256(asciiJson(tried).toByteArray(Charsets.US_ASCII)) == text(key)) {
            val on = (day as? JsonString)?.let { LocalDate.parse(it.value) }
            return exchangeKey(text(named), on, place, (messages as JsonArray).items.map(::said))
        }
    }
    return text(key)
}

private fun said(message: JsonValue): Said {
    val (role, speaker, text) = (message as JsonArray).items.map(::text)
    return Said(role, speaker, text)
}

private fun text(value: JsonValue): String = (value as JsonString).value

/** As Python's `json.dumps` writes it: what is no printable ASCII is an escape. */
private fun asciiJson(value: JsonValue): String =
    buildString {
        for (letter in jsonText(value)) {
            if (letter.code < ASCII_END) append(letter) else append("\\u").append(letter.code.toString(16).padStart(4, '0'))
        }
    }
