package org.memlora.text

private const val SPECIAL = "\\^$.|?*+()[]{}-&~#"
private val QUANTIFIER = Regex("\\{([0-9]*)(,?)([0-9]*)\\}")
private val GROUP_NAME = Regex("\\(\\?P<([A-Za-z][A-Za-z0-9]*)>")
private val GROUP_AGAIN = Regex("\\(\\?P=([A-Za-z][A-Za-z0-9]*)\\)")
private val PLAIN_OPENINGS = listOf("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>")

/** A letter outside the basic plane, which \p{L} holds already: where a pattern names one, Java looks back by whole letters. */
private const val FAR_LETTER = "\ud801\udc00"

/** The classes that the engines read differently, as the inside of a set. */
private class Classes(
    ascii: Boolean,
) {
    val blank = if (ascii) " \\t\\n\\r\\f\\x0b" else BLANKS
    val digit = if (ascii) "0-9" else "\\p{Nd}"
    val word = if (ascii) "a-zA-Z0-9_" else "\\p{L}\\p{N}_$FAR_LETTER"

    fun inside(name: Char): String? =
        when (name.lowercaseChar()) {
            's' -> blank
            'd' -> digit
            'w' -> word
            else -> null
        }
}

/** Reads a pattern of Python's once, from left to right, and writes what [pattern] promises. */
internal class PatternTranslation(
    private val source: String,
    private val flags: Set<PatternFlag>,
) {
    private val classes = Classes(PatternFlag.ASCII in flags)
    private val out = StringBuilder()
    private val outer = ArrayList<Boolean>() // for each open group whether the case is ignored outside it
    private var ignoresCase = PatternFlag.IGNORECASE in flags
    private var place = 0

    fun translate(): String {
        while (place < source.length) {
            val sign = source.codePointAt(place)
            when (sign.takeIf { it < 128 }?.toChar()) {
                '\\' -> escape()
                '[' -> set()
                '(' -> open()
                ')' -> close()
                '{' -> brace()
                '.' -> write(if (PatternFlag.DOTALL in flags) "(?s:.)" else "[^\\n]")
                '^' -> write(if (PatternFlag.MULTILINE in flags) "(?<![^\\n])" else "\\A")
                '$' -> write(if (PatternFlag.MULTILINE in flags) "(?![^\\n])" else "(?=\\n?\\z)")
                '*', '+', '?', '|' -> write(source[place].toString())
                else -> literal(next())
            }
        }
        return out.toString()
    }

    private fun write(
        text: String,
        read: Int = 1,
    ) {
        out.append(text)
        place += read
    }

    private fun next(): Int = source.codePointAt(place).also { place += Character.charCount(it) }

    private fun literal(sign: Int) {
        val variants = if (ignoresCase) caseVariants(sign, PatternFlag.ASCII in flags) else setOf(sign)
        if (variants.size == 1) out.append(quoted(sign)) else variants.joinTo(out, "", "[", "]", transform = ::quoted)
    }

    private fun escape() {
        val name = source.getOrNull(place + 1) ?: refuse("ends in a backslash")
        val inside = classes.inside(name)
        val word = "[${classes.word}]"
        when {
            inside != null -> write(if (name.isUpperCase()) "[^$inside]" else "[$inside]", 2)
            name == 'b' -> write("(?:(?<=$word)(?!$word)|(?<!$word)(?=$word))", 2)
            name == 'B' -> write("(?:(?<=$word)(?=$word)|(?<!$word)(?!$word))", 2)
            name == 'A' -> write("\\A", 2)
            name == 'Z' -> write("\\z", 2)
            name in '1'..'9' -> write("\\$name", 2)
            else -> literal(escapedSign())
        }
    }

    /** The sign that an escape at [place] stands for, inside a set or outside. */
    private fun escapedSign(): Int {
        val name = source[place + 1]
        place += 2
        return when (name) {
            'n' -> '\n'.code
            't' -> '\t'.code
            'r' -> '\r'.code
            'f' -> 0x0c
            'v' -> 0x0b
            'x' -> hexadecimal(2)
            'u' -> hexadecimal(4)
            'U' -> hexadecimal(8)
            else -> {
                if (name.isLetterOrDigit()) refuse("holds \\$name")
                place -= 1
                next()
            }
        }
    }

    private fun hexadecimal(digits: Int): Int = source.substring(place, place + digits).toInt(16).also { place += digits }

    private fun open() {
        outer.add(ignoresCase)
        val name = GROUP_NAME.matchAt(source, place)
        val again = GROUP_AGAIN.matchAt(source, place)
        val plain = PLAIN_OPENINGS.firstOrNull { source.startsWith(it, place) }
        when {
            plain != null -> write(plain, plain.length)
            name != null -> write("(?<${name.groupValues[1]}>", name.value.length)
            again != null -> {
                outer.removeAt(outer.lastIndex)
                write("\\k<${again.groupValues[1]}>", again.value.length)
            }
            source.startsWith("(?i:", place) -> {
                ignoresCase = true
                write("(?:", 4)
            }
            source.startsWith("(?", place) -> refuse("opens an unknown group")
            else -> write("(")
        }
    }

    private fun close() {
        if (outer.isEmpty()) refuse("closes a group that was never opened")
        ignoresCase = outer.removeAt(outer.lastIndex)
        write(")")
    }

    private fun brace() {
        val quantifier = QUANTIFIER.matchAt(source, place)
        if (quantifier == null || quantifier.value == "{}") return literal(next())
        val (least, comma, most) = quantifier.destructured
        write("{${least.ifEmpty { "0" }}$comma$most}", quantifier.value.length)
    }

    private fun set() {
        place += 1
        val isNegated = source.getOrNull(place) == '^'
        if (isNegated) place += 1
        val members = StringBuilder()
        val complements = ArrayList<String>() // the insides of \S, \D, \W
        val first = place
        while (source.getOrNull(place) != ']' || place == first) {
            if (place >= source.length) refuse("does not close a set")
            val inside = if (source[place] == '\\') source.getOrNull(place + 1)?.let(classes::inside) else null
            if (inside == null) {
                range(members)
            } else {
                if (source[place + 1].isUpperCase()) complements.add(inside) else members.append(inside)
                place += 2
            }
        }
        place += 1
        out.append(
            when {
                complements.isEmpty() -> if (isNegated) "[^$members]" else "[$members]"
                !isNegated -> complements.joinToString("", "[$members", "]") { "[^$it]" }
                complements.size > 1 -> refuse("takes two classes out of one set")
                members.isEmpty() -> "[${complements[0]}]"
                else -> "[${complements[0]}&&[^$members]]"
            },
        )
    }

    private fun range(members: StringBuilder) {
        val low = setSign()
        val isRange = source.getOrNull(place) == '-' && source.getOrNull(place + 1).let { it != null && it != ']' }
        if (isRange) place += 1
        val high = if (isRange) setSign() else low
        members.append(quoted(low))
        if (isRange) members.append('-').append(quoted(high))
        if (!ignoresCase) return
        val variants = (low..high).flatMapTo(sortedSetOf()) { caseVariants(it, PatternFlag.ASCII in flags) }
        variants.filterNot { it in low..high }.forEach { members.append(quoted(it)) }
    }

    private fun setSign(): Int = if (source[place] == '\\') escapedSign() else next()

    private fun quoted(sign: Int): String {
        val text = String(Character.toChars(sign))
        return if (text in SPECIAL) "\\$text" else text
    }

    private fun refuse(reason: String): Nothing =
        throw IllegalArgumentException("The pattern $source $reason near letter $place; this is no construct that both languages read alike.")
}
