package org.memlora.app.library

import java.time.LocalDate

// a session of core's has one date, a chat many days: each is a session of its own, named after both

/** What of the chat called [chat] was said on [day] (null: unknown). */
internal fun sessionOf(chat: String, day: LocalDate?): String = if (day == null) chat else "$chat $day"

/** Those of [sessions] that are the chat called [chat], or a day of it. */
internal fun sessionsOf(chat: String, sessions: List<String>): List<String> = sessions.filter { it == chat || it.startsWith("$chat ") }
