package org.memlora.files

import java.math.BigInteger

/** A JSON value as it was written: numbers keep whether they are whole, objects the order of their keys. */
public sealed interface JsonValue

/** An object; [entries] are in the order of the text. */
public data class JsonObject(public val entries: Map<String, JsonValue>) : JsonValue {
    /** The value under [key], null where there is none. */
    public operator fun get(key: String): JsonValue? = entries[key]
}

/** A list. */
public data class JsonArray(public val items: List<JsonValue>) : JsonValue

/** A string without half a surrogate pair. */
public data class JsonString(public val value: String) : JsonValue

/** A number written without a fraction and without an exponent, of any size. */
public data class JsonInteger(public val value: BigInteger) : JsonValue {
    /** The nearest 64-bit number: what is larger than any limit stays so. */
    public val saturated: Long
        get() = if (value.bitLength() < Long.SIZE_BITS) value.toLong() else if (value.signum() < 0) Long.MIN_VALUE else Long.MAX_VALUE
}

/** A finite number written with a fraction or an exponent. */
public data class JsonNumber(public val value: Double) : JsonValue

/** `true` or `false`. */
public data class JsonBoolean(public val value: Boolean) : JsonValue

/** `null`. */
public data object JsonNull : JsonValue
