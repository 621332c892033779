package org.memlora.app.library

/** A question and a word that a right answer has. */
internal data class Asked(val question: String, val word: String)

/** What somebody tells and asks; [wrong] is reworded to [right] after the answer to [asksAgain], [secret] is forgotten. */
internal class Day(
    val told: List<String>,
    val asked: List<Asked>,
    val wrong: Asked,
    val right: String,
    val rightWord: String,
    val secret: String,
    val secretWord: String,
)

/** In the wording that the tiny base was taught. */
internal val TAUGHT = Day(
    told = listOf(
        "I live in Leeds.",
        "I work as a nurse.",
        "I have a cat named Zyzzyva.",
        "My favourite colour is green.",
        "I play the cello.",
    ),
    asked = listOf(
        Asked("Where do I live?", "Leeds"),
        Asked("What is my job?", "nurse"),
        Asked("What is the name of my cat?", "Zyzzyva"),
        Asked("What is my favourite colour?", "green"),
        Asked("Which instrument do I play?", "cello"),
    ),
    wrong = Asked("Where do I live?", "Leeds"),
    right = "I live in Hull",
    rightWord = "Hull",
    secret = "Zyzzyva",
    secretWord = "zyzzyva",
)

/** As people write to an app; written down before any model had read it. */
internal val EVERYDAY = Day(
    told = listOf(
        "Just moved into a flat in Leeds, third floor, no lift :(",
        "My sister Ann is getting married in June and I'm her maid of honour",
        "I can't eat peanuts, they make my throat swell up",
        "Started at the bakery on Mill Lane today, six o'clock shifts",
        "The spare key is under the zyzzyva pot by the back door",
    ),
    asked = listOf(
        Asked("Where do I live?", "Leeds"),
        Asked("When is Ann getting married?", "June"),
        Asked("What am I allergic to?", "peanut"),
        Asked("Where do I work?", "bakery"),
        Asked("Where is the spare key?", "pot"),
    ),
    wrong = Asked("Where do I live?", "Leeds"),
    right = "I live in a flat in Hull, third floor",
    rightWord = "Hull",
    secret = "zyzzyva",
    secretWord = "zyzzyva",
)
