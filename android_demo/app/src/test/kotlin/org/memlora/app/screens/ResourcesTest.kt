package org.memlora.app.screens

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.math.pow
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ResourcesTest {
    @Test
    fun `both languages say everything with the same places`() {
        val english = values("values/strings.xml", "string") - "app_name"
        val arabic = values("values-ar/strings.xml", "string")
        assertEquals(english.keys, arabic.keys)
        val places = Regex("%\\d\\$[a-z]")
        for ((name, text) in english) {
            assertEquals(places.findAll(text).map { it.value }.toSet(), places.findAll(arabic.getValue(name)).map { it.value }.toSet(), name)
        }
    }

    @Test
    fun `text can be read on its ground`() {
        for (theme in listOf("values", "values-night")) {
            val colours = values("$theme/colors.xml", "color")
            val grounds = listOf("ground", "surface", "warning")
            for (text in listOf("text", "text_soft", "accent", "remembered", "changed", "forgotten")) {
                grounds.forEach { check(theme, colours, text, it) }
            }
            check(theme, colours, "text", "said")
            check(theme, colours, "on_accent", "accent")
        }
    }

    private fun check(theme: String, colours: Map<String, String>, text: String, ground: String) {
        val (light, dark) = listOf(text, ground).map { luminance(colours.getValue(it)) }.sortedDescending()
        val contrast = (light + 0.05) / (dark + 0.05)
        assertTrue(contrast >= 4.5, "$theme: $text on $ground has a contrast of $contrast")
    }

    // WCAG 2: relative luminance of sRGB
    private fun luminance(colour: String): Double {
        val (red, green, blue) = colour.removePrefix("#").chunked(2).map { it.toInt(16) / 255.0 }
            .map { if (it <= 0.04045) it / 12.92 else ((it + 0.055) / 1.055).pow(2.4) }
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    private fun values(file: String, tag: String): Map<String, String> {
        val document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File("src/main/res/$file"))
        val found = document.getElementsByTagName(tag)
        return (0 until found.length).map { found.item(it) }
            .associate { it.attributes.getNamedItem("name").nodeValue to it.textContent }
    }
}
