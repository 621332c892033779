package org.memlora.app.chat

import android.database.sqlite.SQLiteDatabase

internal fun createTables(db: SQLiteDatabase) {
    db.execSQL("CREATE TABLE chats (id INTEGER PRIMARY KEY AUTOINCREMENT, day TEXT NOT NULL)")
    db.execSQL(
        "CREATE TABLE lines (id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE, " +
            "kind TEXT NOT NULL, text TEXT NOT NULL, day TEXT NOT NULL, progress TEXT NOT NULL, failure TEXT)",
    )
    db.execSQL("CREATE INDEX lines_of_chats ON lines (chat)")
    db.execSQL(
        "CREATE TABLE notes (line INTEGER NOT NULL REFERENCES lines (id) ON DELETE CASCADE, place INTEGER NOT NULL, " +
            "kind TEXT NOT NULL, memory INTEGER, text TEXT NOT NULL, previous TEXT, day TEXT, PRIMARY KEY (line, place))",
    )
}

/** How far a line's chat of elsewhere is read, in messages; its start tells it from others of its name. */
internal fun createImports(db: SQLiteDatabase) = db.execSQL(
    "CREATE TABLE imports (line INTEGER PRIMARY KEY REFERENCES lines (id) ON DELETE CASCADE, me TEXT NOT NULL, day_first INTEGER, " +
        "read INTEGER NOT NULL, total INTEGER NOT NULL, words_only INTEGER NOT NULL, start TEXT NOT NULL)",
)

/** How an import began was not kept: what is chosen again is another chat. */
internal fun upgradeFrom3(db: SQLiteDatabase) = db.execSQL("ALTER TABLE imports ADD COLUMN start TEXT NOT NULL DEFAULT ''")

/** One chat becomes the first of several. */
internal fun upgradeFrom1(db: SQLiteDatabase) {
    db.execSQL("ALTER TABLE notes RENAME TO old_notes")
    db.execSQL("ALTER TABLE lines RENAME TO old_lines")
    createTables(db)
    db.execSQL("INSERT INTO chats (id, day) SELECT 1, day FROM old_lines ORDER BY id LIMIT 1")
    db.execSQL("INSERT INTO lines SELECT id, 1, kind, text, day, progress, failure FROM old_lines")
    db.execSQL("INSERT INTO notes SELECT * FROM old_notes")
    db.execSQL("DROP TABLE old_notes")
    db.execSQL("DROP TABLE old_lines")
}
