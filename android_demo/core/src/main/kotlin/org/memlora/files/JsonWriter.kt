package org.memlora.files

import java.math.BigDecimal
import java.math.MathContext

/**
 * The text of a value as Python's `json.dumps(value, ensure_ascii=False)` writes it.
 *
 * [separators] stand between items and after a key; with [isSorted] keys are in the order of their code points.
 */
public fun jsonText(value: JsonValue, separators: Pair<String, String> = ", " to ": ", isSorted: Boolean = false): String {
    val out = StringBuilder()
    JsonWriter(out, separators, isSorted).write(value)
    return out.toString()
}

/** Strings in the order of their code points, which is Python's; Kotlin's own is that of UTF-16 units. */
public val BY_CODE_POINTS: Comparator<String> =
    Comparator { a, b ->
        var at = 0
        while (at < a.length && at < b.length && a[at] == b[at]) at++
        when {
            at == a.length || at == b.length -> a.length - b.length
            // units of pairs are above the others but those of U+E000 to U+FFFF
            a[at].isSurrogate() != b[at].isSurrogate() -> if (a[at].isSurrogate()) 1 else -1
            else -> a[at] - b[at]
        }
    }

private class JsonWriter(
    private val out: StringBuilder,
    private val separators: Pair<String, String>,
    private val isSorted: Boolean,
) {
    fun write(value: JsonValue) {
        when (value) {
            is JsonObject -> obj(value)
            is JsonArray -> list('[', value.items, ']', ::write)
            is JsonString -> string(value.value)
            is JsonInteger -> out.append(value.value.toString())
            is JsonNumber -> out.append(number(value.value))
            is JsonBoolean -> out.append(value.value)
            JsonNull -> out.append("null")
        }
    }

    private fun obj(value: JsonObject) {
        val entries = value.entries.entries
        val ordered = if (isSorted) entries.sortedWith { a, b -> BY_CODE_POINTS.compare(a.key, b.key) } else entries
        list('{', ordered, '}') { (key, item) ->
            string(key)
            out.append(separators.second)
            write(item)
        }
    }

    private fun <T> list(open: Char, items: Iterable<T>, close: Char, item: (T) -> Unit) {
        out.append(open)
        items.forEachIndexed { place, entry ->
            if (place > 0) out.append(separators.first)
            item(entry)
        }
        out.append(close)
    }

    private fun string(value: String) {
        out.append('"')
        for (letter in value) {
            when (letter) {
                '"' -> out.append("\\\"")
                '\\' -> out.append("\\\\")
                '\n' -> out.append("\\n")
                '\r' -> out.append("\\r")
                '\t' -> out.append("\\t")
                '\b' -> out.append("\\b")
                '\u000C' -> out.append("\\f")
                else -> if (letter < ' ') out.append("\\u00").append(HEX[letter.code shr 4]).append(HEX[letter.code and 15]) else out.append(letter)
            }
        }
        out.append('"')
    }

    /** The fewest digits that give the number back, in Python's form: Java's own text of a double may have more. */
    private fun number(value: Double): String {
        if (value == 0.0) return if (1 / value < 0) "-0.0" else "0.0"
        val exact = BigDecimal(value)
        val short = (1..MOST_DIGITS).map { exact.round(MathContext(it)) }.first { it.toDouble() == value }.stripTrailingZeros()
        val digits = short.unscaledValue().abs().toString()
        val exponent = digits.length - 1 - short.scale()
        val sign = if (value < 0) "-" else ""
        if (exponent in LEAST_PLAIN until MOST_PLAIN) {
            val plain = short.abs().toPlainString()
            return sign + if ('.' in plain) plain else "$plain.0"
        }
        val fraction = if (digits.length > 1) ".${digits.substring(1)}" else ""
        val size = Math.abs(exponent).toString().padStart(2, '0')
        return "$sign${digits[0]}${fraction}e${if (exponent < 0) "-" else "+"}$size"
    }

    private companion object {
        const val HEX = "0123456789abcdef"
        const val MOST_DIGITS = 17
        const val LEAST_PLAIN = -4
        const val MOST_PLAIN = 16
    }
}
