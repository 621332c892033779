package com.example.notes;

import androidx.sqlite.driver.bundled.BundledSQLiteDriver;
import java.io.File;
import java.time.LocalDate;
import org.memlora.MemLora;
import org.memlora.engine.OrtKind;
import org.memlora.errors.MemloraException;
import org.memlora.memory.Memory;
import org.memlora.memory.Outcome;
import org.memlora.memory.Stored;

final class JavaNotes {
    private JavaNotes() {}

    static String notes(File bundle, File store) {
        try (Memory memory = MemLora.open(bundle, store, OrtKind.INSTANCE, new BundledSQLiteDriver())) {
            Outcome outcome = memory.add("My cat is called Pickle.", "ana", LocalDate.now());
            String kept = outcome instanceof Stored ? ((Stored) outcome).getEvents().get(0).getMemory() : "nothing new";
            return kept + ": " + memory.ask("What is my cat called?", "ana").getText();
        } catch (MemloraException e) {
            return e.getMessage();
        }
    }
}
