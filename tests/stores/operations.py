"""Random operations on a store as JSON lines, which every language replays to the same answers and rows.

    python -m tests.stores.operations write FOLDER SEED FIRST SECOND   # first.jsonl, second.jsonl, first.db, both.db
    python -m tests.stores.operations replay FILE OPERATIONS           # exit code 1 where an answer differs
    python -m tests.stores.operations searches FOLDER MEMORIES TURNS   # large.db, searches.jsonl

A line is `{"at": moment, "do": name, .., "answer": ..}`: what is done, and what it gave or the error that it raised.
Scores are written exactly, as hexadecimal. A vector is a formula of its text (`Embedder`).
"""

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.stores.replayer import Embedder, Replayer, vector

USERS = ("ana", "Zoë", "bob ", "\ufeffmarked")
SESSIONS = ("s", "Zoe\u0308", "")
SPEAKERS = ("", "Ana", "Zoe\u0308", "小明")
WORDS = (
    "I You sing sings moved to Kluvo Zorp lives in the a Straße STRASSE Zoe\u0308 小明住在北京 富士山 ﬁnance Ёжик "
    "painting paints cats cat 7 2023 don't \U0001f388 \ufeff crème BRÛLÉE เมืองไทย москва running run every Friday"
)
NAMES = "put put put add add add add update supersede search search list history owner undo forget forget_session"
NAMES += " attribute photo photo photos forget_photo"


class Maker:
    """Chooses what to do next by what is there."""

    def __init__(self, replayer: Replayer, random: Random) -> None:
        self._store, self._random, self._at = replayer.store, random, replayer.now
        self._last: dict[str, Any] | None = None

    def next(self) -> dict[str, Any]:
        self._at += timedelta(seconds=self._random.randint(0, 3), microseconds=self._random.choice((0, 0, 250000, 7)))
        rare = "reindex" if self._random.random() < 0.5 else "forget_user"
        name = rare if self._random.random() < 0.015 else self._random.choice(NAMES.split())
        line = {"at": self._at.isoformat(), "do": name, "user": self._random.choice(USERS), **self._values(name)}
        if name in ("update", "attribute", "supersede", "history", "forget", "add"):
            self._choose(line)
        if name in ("photo", "forget_photo"):
            self._choose_photo(line)
        if name == "put":
            line, self._last = self._again(line), line
        return line

    def _values(self, name: str) -> dict[str, Any]:
        pick = self._random.choice
        day = pick((None, "2023-05-08", "2023-05-09", "2021-01-31"))
        if name == "put":
            said = [
                [pick(("user", "assistant")), pick(SPEAKERS), self.text()] for _ in range(self._random.randint(0, 3))
            ]
            moment = pick((None, "2023-05-08T10:00:00", "2023-05-08T10:00:00.500000+02:00"))
            state = pick(("stored", "stored", "stored", "failed", "empty"))
            place = pick(("", "1", "2"))
            return {
                "session": pick(SESSIONS),
                "day": day,
                "place": place,
                "moment": moment,
                "said": said,
                "state": state,
            }
        if name == "add":
            metadata = pick(
                ({}, {}, {"topic": "home", "rent": 812.5, "floor": -3, "own": True}, {"small": 1e-7, "é": ""})
            )
            source = pick((None, "user", "assistant", "other", "imported"))
            ends = {
                "from": pick((None, None, "2022-02-02")),
                "to": pick((None, None, None, "2030-01-01", "2022-02-01")),
            }
            return {"text": self.text(), "day": day, "source": source, "agent": pick((None, "helper")), **ends} | {
                "metadata": metadata
            }
        if name == "photo":
            return {"picture": [pick(("noise", "blocks")), self._random.randint(0, 5), pick((8, 130)), 9]}
        if name == "forget_session":
            return {"session": pick((*SESSIONS, "elsewhere")), "with_memories": pick((True, False))}
        if name == "search":
            return {"query": self.text(), "limit": pick((0, 1, 5, 100)), "kind": pick(("memory", "past", "turn"))}
        source = pick(("user", "assistant", "other", "imported"))
        return {"text": self.text(), "day": day, "source": source if name == "attribute" else pick((None, source))}

    def text(self) -> str:
        return " ".join(self._random.choice(WORDS.split(" ")) for _ in range(self._random.randint(1, 6)))

    def _choose(self, line: dict[str, Any]) -> None:
        has_past = line["do"] not in ("update", "attribute")
        ids = [memory.id for memory in self._store.memories(line["user"], include_past=has_past)] or [1]
        turns = [turn.id for turn in self._store.turns(line["user"])]
        line["id"] = self._random.choice([*ids, *ids, *ids, 10**10])
        line["by"] = self._random.choice([None, *ids])
        line["ids"] = self._random.choices(ids, k=self._random.randint(1, 2))
        line["turns"] = self._random.sample(turns, min(len(turns), self._random.randint(0, 2)))

    def _choose_photo(self, line: dict[str, Any]) -> None:
        """A turn that it comes with, or photos to forget; sometimes what is not there."""
        turns = self._store.turns(line["user"])
        line["turns"] = [turn.id for turn in self._random.sample(turns, min(len(turns), 1))]
        line["ids"] = [self._random.choice([*(photo.id for photo in self._store.photos(line["user"])), 10**10])]

    def _again(self, line: dict[str, Any]) -> dict[str, Any]:
        """Now and then the exchange before, with another state."""
        if self._last is None or self._random.random() < 0.8:
            return line
        return {**self._last, "at": line["at"], "state": line["state"]}


def _write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write(folder: Path, seed: int, first: int, second: int) -> None:
    """`first` operations from an empty store and `second` more, and the store after each part."""
    folder.mkdir(parents=True, exist_ok=True)
    replayer = Replayer(folder / "both.db")
    maker = Maker(replayer, Random(seed))
    for name, count in (("first", first), ("second", second)):
        lines = []
        for _ in range(count):
            line = maker.next()
            lines.append({**line, "answer": replayer.answer(line)})
        _write_lines(folder / f"{name}.jsonl", lines)
        replayer.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if name == "first":
            shutil.copyfile(folder / "both.db", folder / "first.db")
    replayer.store.close()


def replay(path: Path, operations: Path) -> list[str]:
    """Does the operations again; a sentence for each answer that is another one."""
    replayer = Replayer(path)
    wrong = []
    for place, line in enumerate(_read_lines(operations)):
        given = json.loads(json.dumps(replayer.answer(line)))
        if given != line["answer"]:
            wrong.append(f"operation {place} ({line['do']}): expected {line['answer']}, got {given}")
    wrong += [fault.message for fault in replayer.store.check()]
    replayer.store.close()
    return wrong


def write_searches(folder: Path, memories: int, turns: int) -> None:
    """A store of one user's memories and turns, and searches in it with their answers."""
    folder.mkdir(parents=True, exist_ok=True)
    replayer = Replayer(folder / "large.db")
    maker, store = Maker(replayer, Random(7)), replayer.store
    with store.writing():
        for number in range(memories):
            text = f"{maker.text()} {number % 97}"
            store.add_memory("ana", text, None, vector(text)) if not store.find_memory("ana", text) else None
        for number in range(turns // 2):
            said = [("user", "Ana", f"{maker.text()} {number}"), ("assistant", "", maker.text())]
            store.put_exchange("ana", str(number), "s", None, said, "stored", None, Embedder().embed([said[0][2], "x"]))
    lines = []
    for number in range(60):
        line: dict[str, Any] = {"at": replayer.now.isoformat(), "do": "search", "user": "ana"}
        line |= {
            "query": f"{maker.text()} {number}",
            "limit": (5, 30, 200)[number % 3],
            "kind": ("memory", "turn")[number % 2],
        }
        lines.append({**line, "answer": replayer.answer(line)})
    _write_lines(folder / "searches.jsonl", lines)
    store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


if __name__ == "__main__":
    command, place, *rest = sys.argv[1:]
    if command == "write":
        write(Path(place), *map(int, rest))
    elif command == "searches":
        write_searches(Path(place), *map(int, rest))
    else:
        faults = replay(Path(place), Path(rest[0]))
        sys.exit("\n".join(faults[:5]) or None)
