package org.memlora.memory.rules

import org.memlora.memory.rules.english.Tables
import org.memlora.memory.rules.english.entry
import org.memlora.text.PatternFlag.IGNORECASE
import org.memlora.text.pattern

private val PAST = pattern("\\b(?:${Tables.relations.entry("past_questions")})\\b", IGNORECASE)

/**
 * Whether a question asks how things were: a word of the past is in it, `did`, `was`, `before`, `first`, `when`. In doubt
 * yes; one that asks how things are reads nothing that is known to have ended.
 */
public fun asksOfThePast(question: String): Boolean = PAST.containsMatchIn(question)
