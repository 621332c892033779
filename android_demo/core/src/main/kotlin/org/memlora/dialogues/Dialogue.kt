package org.memlora.dialogues

import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime

/** What one person said; [id] tells session and place, `s1t1`. */
public data class Turn(public val id: String, public val speaker: String, public val text: String)

/** Turns of one day. [date] null: unknown. [time] is HH:MM. */
public data class Session(
    public val date: LocalDate?,
    public val turns: List<Turn>,
    public val time: String? = null,
) {
    /** The day at its clock, midnight where only the day is known. */
    public val moment: LocalDateTime? get() = date?.atTime(if (time == null) LocalTime.MIDNIGHT else LocalTime.parse(time))
}

/** A conversation of [speakers], in the order in which they first spoke. */
public data class Dialogue(
    public val id: String,
    public val speakers: List<String>,
    public val sessions: List<Session>,
) {
    /** Every turn in the order it was said. */
    public val turns: List<Turn> get() = sessions.flatMap { it.turns }
}
