package com.example.notes

import androidx.sqlite.driver.bundled.BundledSQLiteDriver
import org.memlora.coroutines.AnswerPiece
import org.memlora.coroutines.SuspendingMemory
import org.memlora.engine.OrtKind
import org.memlora.memory.Empty
import org.memlora.memory.Failed
import org.memlora.memory.Stored
import java.io.File
import java.time.LocalDate

suspend fun notes(bundle: File, store: File, show: (String) -> Unit) {
    val memory = SuspendingMemory.open(bundle, store, OrtKind, BundledSQLiteDriver())
    try {
        when (val outcome = memory.add("My cat is called Pickle.", "ana", LocalDate.now())) {
            is Stored -> show("kept: ${outcome.events.joinToString { it.memory }}\n")
            is Empty -> show("nothing new: ${outcome.reason}\n")
            is Failed -> show("not understood: ${outcome.reason}\n")
        }
        memory.answer("What is my cat called?", "ana").collect { piece ->
            when (piece) {
                is AnswerPiece.Text -> show(piece.text)
                is AnswerPiece.Whole -> show("\nfrom ${piece.answer.turns.size} lines\n")
            }
        }
    } finally {
        memory.close()
    }
}
