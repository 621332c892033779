"""What can be wrong with a store that opens: pages, references, vectors, words, days. Each fault is a sentence."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from runtime_py.errors import StoreError
from runtime_py.store.file import StoreFile
from runtime_py.store.forms import compose, normalise, photo_problem, sketch_of, words_form
from runtime_py.store.migrations import lines
from runtime_py.store.rows import Labels, first_row, read_metadata, searchable

MALFORMED, INVALID, UNLINKABLE = "malformed bytes", "invalid values", "unlinkable parts"
_BATCH = 1000


@dataclass(frozen=True)
class Fault:
    """One fault: its reason class, and a sentence that says where it is, what was expected and what was found."""

    reason: str
    message: str


@dataclass(frozen=True)
class Rule:
    """A SELECT that finds rows that must not be: what it looks for, the reason, the rows' name."""

    expected: str
    reason: str
    row: str
    sql: str


def _read_rules() -> tuple[Rule, ...]:
    table = json.loads((Path(__file__).parent / "tables" / "rules.json").read_text("utf-8"))
    return tuple(Rule(row["expected"], row["reason"], row["row"], lines(row["sql"])) for row in table)


RULES = _read_rules()


def faults_of(store: StoreFile) -> list[Fault]:
    """Every kind of fault once, with the first row that has it. Runs inside the caller's `writing()`."""
    found = []
    try:
        for fault in _faults(store):
            found.append(fault)
    except StoreError as e:
        if e.reason is None:
            raise
        found.append(Fault(e.reason, str(e)))
    return found


def _faults(store: StoreFile) -> Iterator[Fault]:
    pages = store.rows("PRAGMA integrity_check(1)")[0][0]
    if pages != "ok":
        yield Fault(MALFORMED, _sentence(store, "whole pages", str(pages).replace("\n", " ")))
        return
    for row in store.rows("PRAGMA foreign_key_check")[:1]:
        yield Fault(UNLINKABLE, _sentence(store, f"a row of {row[2]}", f"none for {row[0]} {row[1]}"))
    for rule in RULES:
        for row in store.rows(f"{rule.sql} LIMIT 1"):
            yield Fault(rule.reason, _sentence(store, rule.expected, f"another thing at {rule.row} {row[0]}"))
    yield from _texts(store)
    yield from _days(store)
    yield from _labels(store)
    yield from _words(store)
    yield from _vectors(store)
    yield from _photos(store)


def _sentence(store: StoreFile, expected: str, got: str) -> str:
    return f"the store {store.path} is damaged: expected {expected}, got {got}; restore it from a copy"


def _texts(store: StoreFile) -> Iterator[Fault]:
    for row, text, normal in store.rows("SELECT id, text, normal_text FROM memories"):
        if text != compose(text) or normal != normalise(text):
            yield Fault(INVALID, _sentence(store, "a text in normal form", f"another one at memory {row}"))
            break
    for row, speaker, text in store.rows("SELECT id, speaker, text FROM turns"):
        if speaker != compose(speaker) or text != compose(text):
            yield Fault(INVALID, _sentence(store, "a text in normal form", f"another one at turn {row}"))
            break


def _days(store: StoreFile) -> Iterator[Fault]:
    for column in ("said_on", "valid_from", "valid_to"):
        for row, day in store.rows(f"SELECT id, {column} FROM memories WHERE {column} IS NOT NULL"):
            if not is_day(day):
                yield Fault(INVALID, _sentence(store, "a day like 2023-05-08", f"{day!r} at memory {row}"))
                break
    for row, moment in store.rows("SELECT id, date FROM sessions WHERE date IS NOT NULL"):
        if not (is_day(moment) or _is_moment(moment)):
            yield Fault(INVALID, _sentence(store, "a day or a moment", f"{moment!r} at session {row}"))
            break


def _labels(store: StoreFile) -> Iterator[Fault]:
    sql = "SELECT id, agent_id, run_id, metadata FROM memories WHERE coalesce(agent_id, run_id, metadata) IS NOT NULL"
    for row, agent, run, metadata in store.rows(sql):
        try:
            problem = Labels(agent, run, read_metadata(metadata) if metadata is not None else ()).problem()
        except (ValueError, RecursionError):
            problem = "expected metadata as a JSON object, got another text"
        if problem:
            yield Fault(
                INVALID, f"the store {store.path} is damaged: {problem} at memory {row}; restore it from a copy"
            )
            break


def is_day(text: str) -> bool:
    """Whether `text` is an ISO day, YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    try:
        return len(text) > 10 and is_day(text[:10]) and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _words(store: StoreFile) -> Iterator[Fault]:
    """Every row has its words at its own place, and there are no others."""
    memories = store.rows("SELECT id, user_id, state, text FROM memories WHERE state != 'deleted'")
    turns = store.rows(
        "SELECT turns.id, user_id, speaker, text FROM turns JOIN exchanges ON exchanges.id = exchange_id"
    )
    expected = {
        "memory": {first_row(row[1], row[2] == "past") + row[0]: words_form(row[3]) for row in memories},
        "turn": {first_row(row[1]) + row[0]: words_form(searchable(row[2], row[3])) for row in turns},
    }
    for kind, wanted in expected.items():
        table = f"{kind}_words"
        found = dict(map(tuple, store.rows(f"SELECT rowid, text FROM {table}")))
        wrong = sorted(row for row in wanted.keys() | found.keys() if wanted.get(row) != found.get(row))
        if wrong:
            yield Fault(UNLINKABLE, _sentence(store, f"the words of each {kind}", f"others in row {wrong[0]}"))
        store.rows(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")


def _vectors(store: StoreFile) -> Iterator[Fault]:
    """Vectors are finite numbers as long as the header says, and a sketch is that of its vector."""
    kinds = {"memory": ("embeddings", "memory_id"), "turn": ("turn_embeddings", "turn_id")}
    for kind, (table, owner) in kinds.items():
        ids = [row[0] for row in store.rows(f"SELECT {owner} FROM {table} ORDER BY 1")]
        if not ids:
            continue
        dimension, wrong = store.dimension(), ""
        sql = f"SELECT {owner}, vector, sketch FROM {table} LEFT JOIN {kind}_sketches ON row_id = {owner} WHERE {owner}"
        for start in range(0, len(ids), _BATCH):
            for row, vector, sketch in store.rows_by_id(sql, ids[start : start + _BATCH]):
                if len(vector) != 4 * dimension:
                    wrong = f"{len(vector)} bytes at {kind} {row}"
                elif not np.isfinite(np.frombuffer(vector, "<f4")).all():
                    wrong = f"numbers that are not finite at {kind} {row}"
                elif sketch is not None and sketch != sketch_of(vector):
                    wrong = f"a sketch of another vector at {kind} {row}"
        if wrong:
            yield Fault(INVALID, _sentence(store, f"vectors of {dimension} finite numbers and their sketches", wrong))


def _photos(store: StoreFile) -> Iterator[Fault]:
    """A photo's PNG has the pixels that it is named by, its thumbnail is theirs, and its embedding finite numbers."""
    sql = "SELECT sha256, png, thumbnail, vectors FROM photos LEFT JOIN photo_embeddings ON photo_id = id WHERE id = ?"
    for (photo,) in store.rows("SELECT id FROM photos ORDER BY id"):
        name, png, thumbnail, vectors = store.rows(sql, photo)[0]
        problem = photo_problem(name, png, thumbnail)
        if vectors is not None and len(vectors) % 4 == 0 and not np.isfinite(np.frombuffer(vectors, "<f4")).all():
            problem = problem or "expected an embedding of finite numbers, got others"
        if problem:
            message = f"the store {store.path} is damaged: {problem}, at photo {photo}; restore it from a copy"
            yield Fault(INVALID, message)
            break
