"""Writes the verdict corpus: `y_*` stores that every reader must open without a fault, `n_*` ones that it must refuse.

    python -m tests.stores.make FOLDER

`FOLDER/verdicts.json` holds `{file: {"reason": reason class or null, "names": what the refusal must name}}`. A reader
opens each file, checks it (`docs/store-format.md`), and refuses it at the first fault. Every store holds two users,
three exchanges, a live, a past and an edited memory, and a photo, so that each damage has something to damage.
"""

import json
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from runtime_py.images import png_bytes
from runtime_py.store import Labels, Photo, Store, Vectors, exchange_key
from runtime_py.store.migrations import MIGRATIONS, run_step
from runtime_py.store.opening import APPLICATION_ID

MALFORMED, INVALID, UNLINKABLE = "malformed bytes", "invalid values", "unlinkable parts"
DIMENSION, DAY = 8, date(2023, 5, 8)
Mutation = Callable[[Path], object]


@dataclass(frozen=True)
class Verdict:
    """The reason class of the refusal and a word of its sentence; both None for a good store."""

    reason: str | None
    names: str | None


class Embedder:
    """Vectors from a formula that any language can follow: row r, place p is sin(7 r + p), made a unit vector."""

    id, dimension = "sine", DIMENSION

    def embed(self, texts: list[str]) -> Vectors:
        return np.stack([vector(row) for row in range(len(texts))])


def vector(row: int) -> Vectors:
    """The vector `[D]` of `row`."""
    wave = np.sin(7 * row + np.arange(DIMENSION))
    made: Vectors = (wave / np.linalg.norm(wave)).astype(np.float32)
    return made


def write_good(path: Path) -> None:
    """The store that all others are made from."""
    with Store(path, Embedder(), clock=lambda: datetime(2023, 5, 8, tzinfo=UTC)) as store:  # type: ignore[arg-type]
        said = [("user", "Zoë", "I live in Kluvo, Blumenstraße 5"), ("assistant", "", "小明住在北京")]
        turns = store.put_exchange("zoë", exchange_key("s", DAY, "0", said), "s", DAY, said, "stored", None, rows(2))
        again = [("user", "Zoë", "I moved to Zorp")]
        moved = store.put_exchange("zoë", exchange_key("s", DAY, "2", again), "s", DAY, again, "stored", None, rows(1))
        lost = [("user", "", "hello")]
        store.put_exchange("bob", exchange_key("", None, "", lost), "", None, lost, "failed", "no JSON", None)
        old = store.add_memory("zoë", "Zoë lives in Kluvo", DAY, vector(3), turns, "user")
        labels = Labels("helper", "run 1", (("topic", "home"), ("floor", 3), ("rent", 812.5), ("own", False)))
        new = store.add_memory(
            "zoë", "Zoë lives in Zorp", DAY, vector(4), moved, "user", None, date(2030, 1, 1), labels
        )
        store.supersede("zoë", old, new, DAY, moved)
        edited = store.add_memory("zoë", "Xiaoming lives in Beijing", None, vector(5), turns[1:], None)
        store.update_memory("zoë", edited, "小明 lives in Beijing", DAY, vector(6))
        store.put_photos("zoë", moved, [photo()])
        store.put_photo_rows(photo().name, "encoder", rows(3))


def photo(width: int = 140, height: int = 30, step: int = 7) -> Photo:
    """Larger than a thumbnail; row y, column x, colour c is (7 y + 3 x + 90 c) mod 256."""
    y, x, c = np.ogrid[:height, :width, :3]
    return Photo(((step * y + 3 * x + 90 * c) % 256).astype(np.uint8))


def photo_bytes(column: str, data: bytes) -> Mutation:
    """Other bytes in the place of the photo's."""
    return run(f"UPDATE photos SET {column} = x'{data.hex()}'")


def rows(count: int) -> Vectors:
    return np.stack([vector(row) for row in range(count)])


def run(*statements: str) -> Mutation:
    """Change the store as another program would."""

    def mutate(path: Path) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return mutate


def rewrite(change: Callable[[bytes], bytes]) -> Mutation:
    """Change the bytes of the file."""
    return lambda path: path.write_bytes(change(path.read_bytes()))


def older(version: int) -> Mutation:
    """An empty store of an older version."""

    def mutate(path: Path) -> None:
        path.unlink()
        connection = sqlite3.connect(path, isolation_level=None)
        for step in [step for steps in MIGRATIONS[:version] for step in steps]:
            run_step(connection, step)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.close()

    return mutate


def without_tables(path: Path) -> None:
    """A store whose tables lay in a log that is gone."""
    path.unlink()
    run("PRAGMA journal_mode = WAL")(path)


def blank(data: bytes) -> bytes:
    """The bytes with the second half of the pages gone."""
    half = len(data) // 4096 // 2 * 4096
    return data[:half]


NEXT = "INSERT INTO memories (id, user_id, text, normal_text, created_at, updated_at, state, superseded_by) "
GOOD: dict[str, Mutation] = {
    "y_whole": lambda path: None,
    "y_empty_file": rewrite(lambda data: b""),
    "y_version_3": older(3),
    "y_version_4": older(4),
    "y_version_5": older(5),
    "y_no_sketches": run("DELETE FROM memory_sketches", "DELETE FROM turn_sketches"),
    "y_empty_sketches": run("UPDATE memory_sketches SET sketch = NULL", "UPDATE turn_sketches SET sketch = NULL"),
    "y_analysed": run("ANALYZE"),
    "y_other_page_size": run("PRAGMA journal_mode = DELETE", "PRAGMA page_size = 1024", "VACUUM"),
    "y_deleted_by_an_older_version": run(
        NEXT + "VALUES (9, 1, 'gone', 'gone', '', '', 'deleted', NULL)",
        "INSERT INTO history (memory_id, old_memory, event, created_at) VALUES (9, 'gone', 'DELETE', '')",
    ),
    "y_photo_without_embedding": run("DELETE FROM photo_embeddings"),
    "y_forgotten_bytes_pending": run("INSERT INTO header VALUES ('erase.pending', '1')"),
}
BAD: dict[str, tuple[Mutation, str, str]] = {
    "n_text_file": (rewrite(lambda data: b"dear diary " * 500), MALFORMED, "another kind of file"),
    "n_half_file": (rewrite(blank), MALFORMED, "damaged"),
    "n_words_index_torn": (run("DELETE FROM turn_words_data WHERE id > 10"), MALFORMED, "damaged"),
    "n_no_log": (without_tables, UNLINKABLE, "log"),
    "n_other_program": (run("PRAGMA application_id = 7"), INVALID, "another program"),
    "n_newer_version": (run("PRAGMA user_version = 8"), INVALID, "schema version"),
    "n_version_zero": (run("PRAGMA user_version = 0"), INVALID, "schema version"),
    "n_version_negative": (run("PRAGMA user_version = -1"), INVALID, "schema version"),
    "n_no_history": (run("DROP TABLE history"), UNLINKABLE, "history"),
    "n_no_words": (run("DROP TABLE memory_words"), UNLINKABLE, "memory_words"),
    "n_no_unique_index": (run("DROP INDEX live_memories"), UNLINKABLE, "live_memories"),
    "n_foreign_trigger": (
        run("CREATE TRIGGER spy AFTER INSERT ON turns BEGIN SELECT 1; END"),
        INVALID,
        "spy",
    ),
    "n_foreign_view": (run("CREATE VIEW spy AS SELECT text FROM turns"), INVALID, "spy"),
    "n_foreign_table": (run("CREATE TABLE spy (text)"), INVALID, "spy"),
    "n_foreign_index": (run("CREATE INDEX spy ON turns (text)"), INVALID, "spy"),
    "n_another_column": (run("ALTER TABLE turns ADD COLUMN mood TEXT"), INVALID, "turns"),
    "n_no_dimension": (run("DELETE FROM header WHERE key = 'embedder.dimension'"), INVALID, "embedder"),
    "n_dimension_in_words": (
        run("UPDATE header SET value = 'eight' WHERE key = 'embedder.dimension'"),
        INVALID,
        "embedder",
    ),
    "n_short_vector": (run("UPDATE embeddings SET vector = x'00' WHERE memory_id = 2"), INVALID, "memory 2"),
    "n_long_vector": (run("UPDATE turn_embeddings SET vector = zeroblob(64) WHERE turn_id = 1"), INVALID, "turn 1"),
    "n_vector_nan": (
        run(f"UPDATE embeddings SET vector = x'0000c07f{'00' * 28}' WHERE memory_id = 2"),
        INVALID,
        "memory 2",
    ),
    "n_wrong_sketch": (run("UPDATE memory_sketches SET sketch = zeroblob(16) WHERE row_id = 2"), INVALID, "memory 2"),
    "n_memory_without_vector": (run("DELETE FROM embeddings WHERE memory_id = 1"), UNLINKABLE, "memory 1"),
    "n_vector_without_memory": (run("INSERT INTO embeddings VALUES (77, zeroblob(32))"), UNLINKABLE, "memories"),
    "n_sketch_of_a_past_memory": (
        run("UPDATE memory_sketches SET sketch = zeroblob(16) WHERE row_id = 1"),
        UNLINKABLE,
        "memory 1",
    ),
    "n_memory_without_words": (run("DELETE FROM memory_words WHERE text LIKE '%Zorp'"), UNLINKABLE, "words"),
    "n_words_without_a_turn": (
        run("INSERT INTO turn_words (rowid, text) VALUES (99, 'hello')"),
        UNLINKABLE,
        "words",
    ),
    "n_words_not_in_their_form": (
        run("UPDATE turn_words SET text = 'Zoë: I live in Kluvo, Blumenstraße 5' WHERE text LIKE '%Blumen%'"),
        UNLINKABLE,
        "words",
    ),
    "n_past_words_among_live_ones": (
        run("UPDATE memory_words SET rowid = (1 << 32) + 1 WHERE text LIKE '%Kluvo'"),
        UNLINKABLE,
        "words",
    ),
    "n_provenance_of_nothing": (run("INSERT INTO provenance VALUES (77, 1)"), UNLINKABLE, "provenance"),
    "n_turn_of_another_user": (run("INSERT INTO provenance VALUES (2, 4)"), UNLINKABLE, "memory 2"),
    "n_session_of_another_user": (
        run("UPDATE exchanges SET session_id = (SELECT id FROM sessions WHERE user_id != 1) WHERE id = 1"),
        UNLINKABLE,
        "exchange 1",
    ),
    "n_speaker_unknown": (run("DELETE FROM speakers WHERE name = 'Zoë'"), UNLINKABLE, "turn 1"),
    "n_ends_before_it_begins": (run("UPDATE memories SET valid_to = '2001-01-01'"), INVALID, "memory 1"),
    "n_live_and_superseded": (run("UPDATE memories SET superseded_by = 3 WHERE id = 2"), INVALID, "memory 2"),
    "n_superseded_by_itself": (run("UPDATE memories SET superseded_by = 1 WHERE id = 1"), UNLINKABLE, "memory 1"),
    "n_day_in_words": (run("UPDATE memories SET said_on = 'soon' WHERE id = 2"), INVALID, "memory 2"),
    "n_day_that_is_none": (run("UPDATE memories SET valid_to = '2023-06-31' WHERE id = 1"), INVALID, "memory 1"),
    "n_moment_that_is_none": (run("UPDATE sessions SET date = '2023-05-08T25:00' WHERE id = 1"), INVALID, "session 1"),
    "n_text_decomposed": (run("UPDATE memories SET text = 'Zoe' || char(776) WHERE id = 2"), INVALID, "memory 2"),
    "n_speaker_decomposed": (
        run(
            "UPDATE turns SET speaker = 'Zoe' || char(776) WHERE id = 1",
            "INSERT INTO speakers VALUES (1, 'Zoe' || char(776))",
        ),
        INVALID,
        "turn 1",
    ),
    "n_metadata_in_words": (run("UPDATE memories SET metadata = 'home' WHERE id = 2"), INVALID, "memory 2"),
    "n_metadata_in_a_list": (run("UPDATE memories SET metadata = '[1]' WHERE id = 2"), INVALID, "memory 2"),
    "n_metadata_within_metadata": (
        run("""UPDATE memories SET metadata = '{"topic": {"home": 1}}' WHERE id = 2"""),
        INVALID,
        "memory 2",
    ),
    "n_metadata_twice": (
        run("""UPDATE memories SET metadata = '{"a": 1, "a": 2}' WHERE id = 2"""),
        INVALID,
        "memory 2",
    ),
    "n_metadata_too_long": (
        run("""UPDATE memories SET metadata = '{"a": "' || hex(zeroblob(3000)) || '"}' WHERE id = 2"""),
        INVALID,
        "memory 2",
    ),
    "n_run_without_a_letter": (run("UPDATE memories SET run_id = '' WHERE id = 1"), INVALID, "memory 1"),
    "n_photo_cut_off": (photo_bytes("png", photo().png[:-20]), INVALID, "photo 1"),
    "n_photo_of_another_name": (photo_bytes("png", photo(step=8).png), INVALID, "photo 1"),
    "n_photo_too_wide": (photo_bytes("png", png_bytes(np.zeros((1, 600, 3), np.uint8))), INVALID, "photo 1"),
    "n_photo_with_more_behind": (photo_bytes("png", photo().png + b"0"), INVALID, "photo 1"),
    "n_thumbnail_of_another": (photo_bytes("thumbnail", photo(step=8).thumbnail), INVALID, "photo 1"),
    "n_photo_without_an_exchange": (run("DELETE FROM exchange_photos"), UNLINKABLE, "photo 1"),
    "n_photo_of_another_user": (
        run("UPDATE photos SET user_id = (SELECT id FROM users WHERE name = 'bob')"),
        UNLINKABLE,
        "photo 1",
    ),
    "n_photo_of_no_exchange": (run("INSERT INTO exchange_photos VALUES (77, 1)"), UNLINKABLE, "exchange"),
    "n_photo_embedding_of_half_a_row": (run("UPDATE photo_embeddings SET vectors = zeroblob(20)"), INVALID, "photo 1"),
    "n_photo_embedding_nan": (
        run(f"UPDATE photo_embeddings SET vectors = x'0000c07f{'00' * 44}'"),
        INVALID,
        "photo 1",
    ),
    "n_photo_embedding_without_photo": (
        run("INSERT INTO photo_embeddings VALUES (77, 'encoder', 1, zeroblob(4))"),
        UNLINKABLE,
        "photos",
    ),
    "n_normal_text_of_another": (run("UPDATE memories SET normal_text = 'x' WHERE id = 2"), INVALID, "memory 2"),
}


def write_corpus(folder: Path) -> dict[str, Verdict]:
    """Every store and `verdicts.json`; the verdicts."""
    folder.mkdir(parents=True, exist_ok=True)
    verdicts = {}
    for name in [*GOOD, *BAD]:
        path = folder / f"{name}.db"
        write_good(path)
        mutate, reason, names = BAD.get(name, (GOOD.get(name), None, None))
        assert mutate is not None
        mutate(path)
        verdicts[path.name] = Verdict(reason, names)
    shown = {name: asdict(verdict) for name, verdict in verdicts.items()}
    (folder / "verdicts.json").write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return verdicts


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]))
