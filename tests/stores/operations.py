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
import zlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from runtime_py.errors import MemloraError
from runtime_py.retrieval import Retrieval
from runtime_py.store import Labels, Photo, Store, Vectors, exchange_key
from tests.runtime_py.images.sources import source

DIMENSION = 16
USERS = ("ana", "Zoë", "bob ", "\ufeffmarked")
SESSIONS = ("s", "Zoe\u0308", "")
SPEAKERS = ("", "Ana", "Zoe\u0308", "小明")
WORDS = (
    "I You sing sings moved to Kluvo Zorp lives in the a Straße STRASSE Zoe\u0308 小明住在北京 富士山 ﬁnance Ёжик "
    "painting paints cats cat 7 2023 don't \U0001f388 \ufeff crème BRÛLÉE เมืองไทย москва running run every Friday"
)
NAMES = "put put put add add add add update supersede search search list history owner undo forget forget_session"
NAMES += " attribute photo photo photos forget_photo"


class Embedder:
    """Whole numbers of a congruence that the text's CRC-32 begins, made a unit vector: the same bits anywhere."""

    id, dimension = "congruence", DIMENSION

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.stack([vector(text) for text in texts])


def vector(text: str) -> Vectors:
    """The vector `[D]` of `text`."""
    state, numbers = zlib.crc32(text.encode()), []
    for _ in range(DIMENSION):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        numbers.append((state >> 16) % 201 - 100)
    length = np.sqrt(np.float64(sum(number * number for number in numbers)))
    made: Vectors = (np.array(numbers, np.float64) / length).astype(np.float32)
    return made


class Replayer:
    """Does operations on a store whose clock is the operation's moment."""

    def __init__(self, path: Path) -> None:
        self.now = datetime(2023, 5, 8, tzinfo=UTC)
        self.store = Store(path, Embedder(), clock=lambda: self.now)
        self.retrieval = Retrieval(self.store)

    def answer(self, line: dict[str, Any]) -> Any:
        """What the operation gives, as JSON, or the name of its error."""
        self.now = datetime.fromisoformat(line["at"])
        try:
            return getattr(self, f"_{line['do']}")(line)
        except MemloraError as e:
            return type(e).__name__

    def _put(self, line: dict[str, Any]) -> Any:
        said = [(role, speaker, text) for role, speaker, text in line["said"]]
        day = _day(line["day"])
        key = exchange_key(line["session"], day, line["place"], said)
        moment = datetime.fromisoformat(line["moment"]) if line["moment"] else day
        vectors = Embedder().embed([text for *_, text in said]) if said and line["state"] == "stored" else None
        reason = None if vectors is not None else "no JSON"
        return self.store.put_exchange(line["user"], key, line["session"], moment, said, line["state"], reason, vectors)

    def _add(self, line: dict[str, Any]) -> Any:
        text, labels = line["text"], Labels(line["agent"], None, tuple(line["metadata"].items()))
        days = (_day(line["from"]), _day(line["to"]))
        return self.store.add_memory(
            line["user"], text, _day(line["day"]), vector(text), line["turns"], line["source"], *days, labels
        )

    def _update(self, line: dict[str, Any]) -> Any:
        text = line["text"]
        day, source = _day(line["day"]), line["source"]
        self.store.update_memory(line["user"], line["id"], text, day, vector(text), line["turns"], source)

    def _attribute(self, line: dict[str, Any]) -> Any:
        self.store.attribute(line["user"], line["id"], line["source"])

    def _supersede(self, line: dict[str, Any]) -> Any:
        self.store.supersede(line["user"], line["id"], line["by"], _day(line["day"]), line["turns"])

    def _forget(self, line: dict[str, Any]) -> Any:
        gone = self.store.forget_memories(line["user"], line["ids"])
        return [list(gone.memories), list(gone.turns), list(gone.kept_turns)]

    def _forget_session(self, line: dict[str, Any]) -> Any:
        gone = self.store.forget_session(line["user"], line["session"], line["with_memories"])
        return [list(gone.memories), list(gone.turns), list(gone.kept_turns)]

    def _forget_user(self, line: dict[str, Any]) -> Any:
        gone = self.store.forget_user(line["user"])
        return [list(gone.memories), list(gone.turns)]

    def _undo(self, line: dict[str, Any]) -> Any:
        undone = self.store.undo(line["user"], Embedder().embed)
        return [list(undone.said), sorted(undone.forgotten), sorted(undone.restored)]

    def _reindex(self, line: dict[str, Any]) -> Any:
        return self.store.reindex(Embedder(), 7)

    def _photo(self, line: dict[str, Any]) -> Any:
        photo = Photo(source(*line["picture"]))
        kept = self.store.put_photos(line["user"], line["turns"], [photo])
        self.store.put_photo_rows(photo.name, "encoder", vector(photo.name).reshape(4, -1))
        return kept

    def _photos(self, line: dict[str, Any]) -> Any:
        user = line["user"]
        memories = [memory.id for memory in self.store.memories(user, include_past=True)]
        turns = [turn.id for turn in self.store.turns(user)]
        behind = self.store.photos_behind(user, memories)
        found = (behind, self.store.photos_with(user, turns), self.store.photos_beside(user, turns))
        shown = [[photo.id, photo.name, photo.caption] for photo in self.store.photos(user)]
        return [shown, *([[owner, photos] for owner, photos in sorted(each.items())] for each in found)]

    def _forget_photo(self, line: dict[str, Any]) -> Any:
        gone = self.store.forget_photos(line["user"], line["ids"])
        return [list(gone.memories), list(gone.turns), list(gone.photos)]

    def _list(self, line: dict[str, Any]) -> Any:
        found = self.store.memories(line["user"], _day(line["day"]), include_past=True)
        return [[m.id, m.text, m.state, m.valid_to.isoformat() if m.valid_to else None, m.source] for m in found]

    def _history(self, line: dict[str, Any]) -> Any:
        rows = self.store.history(line["user"], line["id"])
        behind = self.store.provenance(line["user"], line["id"])
        return [[[r.id, r.old_memory, r.new_memory, r.event, r.source] for r in rows], [turn.id for turn in behind]]

    def _owner(self, line: dict[str, Any]) -> Any:
        return [self.store.owner(line["user"]), self.store.speakers(line["user"])]

    def _search(self, line: dict[str, Any]) -> Any:
        hits = self.retrieval.search(line["user"], line["query"], vector(line["query"]), line["limit"], line["kind"])
        near = self.retrieval.near(line["user"], vector(line["query"]), line["limit"], line["kind"])
        found = [[[hit.id, float(hit.score).hex()] for hit in each] for each in (hits, near)]
        return [*found, self.retrieval.by_words(line["user"], line["query"], line["limit"], line["kind"])]


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


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


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
