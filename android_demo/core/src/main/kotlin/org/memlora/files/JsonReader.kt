package org.memlora.files

import java.math.BigInteger
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import java.nio.charset.CodingErrorAction
import org.memlora.errors.BundleException
import org.memlora.errors.Reason

/**
 * The JSON value in [data], which every reader reads alike; [name] is the file's for messages.
 *
 * Throws [BundleException] (malformed bytes) for text that is not UTF-8 JSON, a key that stands twice, a number that is
 * not finite, half a surrogate pair, or more than [Limits.MAX_JSON_DEPTH] levels.
 */
public fun parseJson(data: ByteArray, name: String): JsonValue {
    val text =
        try {
            val decoder = Charsets.UTF_8.newDecoder()
            decoder.onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT)
            decoder.decode(ByteBuffer.wrap(data)).toString()
        } catch (e: CharacterCodingException) {
            throw malformed(name, "UTF-8 JSON", "other bytes", e)
        }
    return JsonReader(text, name).document()
}

private fun malformed(name: String, expected: String, got: String, cause: Throwable? = null): BundleException =
    BundleException("malformed $name: expected $expected, got $got; export the bundle again", Reason.MALFORMED_BYTES, cause)

/** One pass over [text]; the stack is bounded by the limit of levels. */
private class JsonReader(private val text: String, private val name: String) {
    private var at = 0

    fun document(): JsonValue {
        val value = value(0)
        blanks()
        if (at < text.length) throw broken("the end")
        return value
    }

    private fun value(depth: Int): JsonValue {
        blanks()
        return when (peek()) {
            '{' -> obj(deeper(depth))
            '[' -> array(deeper(depth))
            '"' -> JsonString(string())
            't' -> word("true", JsonBoolean(true))
            'f' -> word("false", JsonBoolean(false))
            'n' -> word("null", JsonNull)
            else -> number()
        }
    }

    private fun deeper(depth: Int): Int {
        if (depth == Limits.MAX_JSON_DEPTH) throw malformed(name, "at most $depth levels", "more")
        return depth + 1
    }

    private fun obj(depth: Int): JsonObject {
        val entries = LinkedHashMap<String, JsonValue>()
        at++
        blanks()
        if (peek() == '}') return JsonObject(entries).also { at++ }
        while (true) {
            blanks()
            if (peek() != '"') throw broken("a key")
            val key = string()
            blanks()
            take(':')
            val value = value(depth)
            if (entries.put(key, value) != null) throw malformed(name, "each key once", "'${key.take(80)}' twice")
            blanks()
            if (peek() == '}') return JsonObject(entries).also { at++ }
            take(',')
        }
    }

    private fun array(depth: Int): JsonArray {
        val items = ArrayList<JsonValue>()
        at++
        blanks()
        if (peek() == ']') return JsonArray(items).also { at++ }
        while (true) {
            items += value(depth)
            blanks()
            if (peek() == ']') return JsonArray(items).also { at++ }
            take(',')
        }
    }

    private fun string(): String {
        val start = ++at
        while (at < text.length && text[at] != '"' && text[at] != '\\' && text[at] >= ' ') at++
        if (peek() == '"') return text.substring(start, at++)
        val out = StringBuilder(text.substring(start, at))
        while (true) {
            val letter = peek()
            if (letter < ' ') throw broken("no control character in a string")
            at++
            when (letter) {
                '"' -> return out.toString().also(::checkPairs)
                '\\' -> out.append(escape())
                else -> out.append(letter)
            }
        }
    }

    private fun escape(): Char {
        val letter = peek()
        at++
        return when (letter) {
            '"', '\\', '/' -> letter
            'b' -> '\b'
            'f' -> '\u000C'
            'n' -> '\n'
            'r' -> '\r'
            't' -> '\t'
            'u' -> unit()
            else -> throw broken("an escape")
        }
    }

    /** The UTF-16 unit of four hex digits, ASCII ones alone. */
    private fun unit(): Char {
        var unit = 0
        repeat(4) {
            val digit =
                when (val letter = peek()) {
                    in '0'..'9' -> letter - '0'
                    in 'a'..'f' -> letter - 'a' + 10
                    in 'A'..'F' -> letter - 'A' + 10
                    else -> throw broken("four hex digits")
                }
            unit = unit * 16 + digit
            at++
        }
        return unit.toChar()
    }

    private fun checkPairs(value: String) {
        var place = 0
        while (place < value.length) {
            val paired = value[place].isHighSurrogate() && place + 1 < value.length && value[place + 1].isLowSurrogate()
            if (value[place].isSurrogate() && !paired) throw malformed(name, "whole characters", "half a surrogate pair")
            place += if (paired) 2 else 1
        }
    }

    private fun number(): JsonValue {
        val start = at
        if (peek() == '-') at++
        if (peek() == '0') at++ else digits()
        val isWhole = !(at < text.length && text[at] in ".eE")
        val whole = text.substring(start, at)
        if (isWhole) return JsonInteger(integer(whole))
        if (peek() == '.') {
            at++
            digits()
        }
        if (at < text.length && text[at] in "eE") {
            at++
            if (peek() in "+-") at++
            digits()
        }
        val written = text.substring(start, at)
        val value = written.toDouble()
        if (value.isInfinite()) throw malformed(name, "finite numbers", written.take(40))
        return JsonNumber(value)
    }

    private fun integer(written: String): BigInteger {
        if (written.length - (if (written[0] == '-') 1 else 0) > MAX_DIGITS) throw broken("fewer digits")
        return BigInteger(written)
    }

    private fun digits() {
        if (peek() !in '0'..'9') throw broken("a value")
        while (at < text.length && text[at] in '0'..'9') at++
    }

    private fun word(word: String, value: JsonValue): JsonValue {
        if (!text.startsWith(word, at)) throw broken(word)
        at += word.length
        return value
    }

    private fun blanks() {
        while (at < text.length && text[at] in " \t\n\r") at++
    }

    private fun take(letter: Char) {
        if (peek() != letter) throw broken("'$letter'")
        at++
    }

    private fun peek(): Char = if (at < text.length) text[at] else throw broken("more")

    private fun broken(wanted: String): BundleException =
        malformed(name, "UTF-8 JSON", "something else than $wanted at character $at")

    private companion object {
        const val MAX_DIGITS = 4300 // as many as Python takes
    }
}
