"""A store as version 3 of the schema wrote it: statements of that time, with its keys and its folding of case."""

import hashlib
import json
import sqlite3
from pathlib import Path

from runtime_py.store import sketch_of
from runtime_py.store.migrations import MIGRATIONS, run_step
from runtime_py.store.opening import APPLICATION_ID
from tests.runtime_py.store.parts import EMBEDDER

ZOE = ("Zoë", "Zoe\u0308")
EXCHANGES = (  # user, session, moment, place, (role, speaker, text)
    ("ana", "chat 1", "2023-05-08T09:00:00", "0", (("user", "Ana", "I sing"), ("assistant", "Bob", "good"))),
    ("ana", "chat 1", "2023-05-08T09:00:00", "2", (("user", "Ana", "I dance"), ("assistant", "Bob", "fine"))),
    ("ana", "", "2023-05-09", "", (("user", ZOE[1], "I like cre\u0300me"),)),
    ("ana", "own", None, "page 7", (("user", "", "nobody knows this place"),)),
    ("bob", "", None, "", (("user", "", "Straße"),)),
)
MEMORIES = (  # user, text, said on, deleted, exchanges it came from
    ("ana", "Ana sings", "2023-05-08", 0, (1,)),
    ("ana", "Ana hums", None, 1, (1,)),
    ("ana", f"{ZOE[0]} likes crème", "2023-05-09", 0, (3,)),
    ("ana", f"{ZOE[1]} likes cre\u0300me", "2023-05-10", 0, (3,)),
    ("bob", "Bob lives in Blumenstraße", None, 0, (5,)),
)


def old_key(session: str, moment: str | None, place: str, said: object) -> str:
    day = moment[:10] if moment else None
    return hashlib.sha256(json.dumps([session, day, place, said]).encode()).hexdigest()


def write_version3(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN")
    for steps in MIGRATIONS[:3]:
        for step in steps:
            run_step(connection, step)
    connection.execute("PRAGMA user_version = 3")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    run = connection.execute
    run("INSERT INTO header VALUES ('embedder.id', ?), ('embedder.dimension', ?)", (EMBEDDER.id, EMBEDDER.dimension))
    users = {name: row for row, name in enumerate(("ana", "bob"), start=1)}
    for name, row in users.items():
        run("INSERT INTO users VALUES (?, ?)", (row, name))
    turn = 0
    said_in: dict[int, list[int]] = {}
    for exchange, (user, session, moment, place, said) in enumerate(EXCHANGES, start=1):
        name = session or (moment[:10] if moment else "")
        run("INSERT OR IGNORE INTO sessions (user_id, name, date) VALUES (?, ?, ?)", (users[user], name, moment))
        where = "SELECT id FROM sessions WHERE user_id = ? AND name = ?"
        row = run(where, (users[user], name)).fetchone()[0]
        key = old_key(session, moment, place, said)
        run("INSERT INTO exchanges VALUES (?, ?, ?, ?, 'stored', NULL, '2023')", (exchange, users[user], row, key))
        for at, (role, speaker, text) in enumerate(said):
            turn += 1
            said_in.setdefault(exchange, []).append(turn)
            run("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)", (turn, exchange, at, role, speaker, text))
            words = f"{speaker}: {text}" if speaker else text
            run("INSERT INTO turn_words (rowid, text) VALUES (?, ?)", ((users[user] << 32) + turn, words))
            run("INSERT OR IGNORE INTO speakers VALUES (?, ?)", (users[user], speaker))
            vector = EMBEDDER.embed([words])[0].tobytes()
            run("INSERT INTO turn_embeddings VALUES (?, ?)", (turn, vector))
            sketch = (turn, users[user], sketch_of(vector))
            run("INSERT INTO turn_sketches (row_id, user_id, sketch) VALUES (?, ?, ?)", sketch)
    for memory, (user, text, said_on, deleted, came_from) in enumerate(MEMORIES, start=1):
        normal = " ".join(text.casefold().split())
        values = (memory, users[user], text, normal, said_on, deleted)
        run("INSERT INTO memories VALUES (?, ?, ?, ?, ?, '2023', '2024', ?)", values)
        run("INSERT INTO history VALUES (NULL, ?, NULL, ?, 'ADD', '2023')", (memory, text))
        for each in [t for exchange in came_from for t in said_in[exchange]]:
            run("INSERT INTO provenance VALUES (?, ?)", (memory, each))
        vector = EMBEDDER.embed([text])[0].tobytes()
        sketch_row = (memory, users[user], None if deleted else sketch_of(vector))
        run("INSERT INTO memory_sketches (row_id, user_id, sketch) VALUES (?, ?, ?)", sketch_row)
        if deleted:
            run("INSERT INTO history VALUES (NULL, ?, ?, NULL, 'DELETE', '2024')", (memory, text))
        else:
            run("INSERT INTO embeddings VALUES (?, ?)", (memory, vector))
            run("INSERT INTO memory_words (rowid, text) VALUES (?, ?)", ((users[user] << 32) + memory, text))
    run("COMMIT")
    connection.close()
