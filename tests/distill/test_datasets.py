"""Rows for the experts: what they hold, that they follow from the oracle, and how they are spread."""

import json
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest

from distill.corpus import generate_dialogues
from distill.datasets import build_datasets, write_datasets
from distill.datasets.example import exchanges, final_memory
from distill.datasets.near import rank, word_weights
from runtime_py import operations
from runtime_py.dialogues import Dialogue
from runtime_py.errors import ConfigError
from runtime_py.files import Example, read_examples
from runtime_py.operations.generate import UNANSWERABLE

OPERATIONS = operations.taught()


@cache
def dialogues() -> tuple[Dialogue, ...]:
    return tuple(generate_dialogues("validation", 80, seed=2))


@cache
def examples(operation: str) -> tuple[Example, ...]:
    return tuple(build_datasets(dialogues(), operation))


@pytest.mark.parametrize("name", OPERATIONS)
def test_rows_are_what_the_operation_reads_and_writes(name: str) -> None:
    operation = operations.get(name)
    for example in examples(name):
        assert operation.render(operation.read_input(json.loads(json.dumps(example.input))))
        assert operation.render_output(operation.parse(example.target)) == example.target
    assert len({example.id for example in examples(name)}) == len(examples(name))


@pytest.mark.parametrize("name", OPERATIONS)
def test_rows_are_the_same_on_every_run(name: str) -> None:
    again = list(build_datasets(generate_dialogues("validation", 10, seed=2), name))
    assert again == list(examples(name)[: len(again)])
    assert len(again) > 50


def test_extract_targets_are_the_oracles_facts_and_a_tenth_is_empty() -> None:
    facts = {exchange.id: exchange for dialogue in dialogues() for exchange in exchanges(dialogue)}
    empty = 0
    for example in examples("extract"):
        exchange = facts[example.id.removeprefix("extract/")]
        told = json.loads(example.target)["facts"]
        if len(example.input["messages"]) == 2:
            assert told == list(exchange.facts)
        else:
            assert set(told) <= set(exchange.facts)
        empty += not told
        if example.input["date"] is None:
            assert not any(letter.isdigit() for letter in "".join(told))
    assert 0.05 <= empty / len(examples("extract")) <= 0.18


def test_update_targets_take_the_memories_where_the_oracle_takes_them() -> None:
    """Applying the target's rows to the shown memories gives what the oracle's memory says of them afterwards."""
    states = {exchange.id: exchange for dialogue in dialogues() for exchange in exchanges(dialogue)}
    events: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    for example in examples("update"):
        exchange = states[example.id.removeprefix("update/")]
        shown: list[str | None] = list(example.input["memories"])
        sizes[len(shown)] += 1
        assert set(shown) <= set(exchange.before)
        rows = json.loads(example.target)["memory"]
        assert [row["event"] for row in rows] == [event.event for event in exchange.events]
        free = len(shown)
        for row, fact in zip(rows, example.input["facts"], strict=True):
            events[row["event"]] += 1
            place = int(row["id"])
            if row["event"] == "ADD":
                assert place == free
                free += 1
                shown.append(fact)
            elif row["event"] == "UPDATE":
                assert row["text"] == fact != shown[place]
                shown[place] = fact
            else:
                assert row["text"] == shown[place]
                assert (row["event"] == "NONE") == (row["text"] == fact)
                shown[place] = None if row["event"] == "DELETE" else shown[place]
        before = {text for text in exchange.before if text not in example.input["memories"]}
        after = set(exchange.before) | set(exchange.facts)
        for event in exchange.events:
            after -= {event.old} if event.event in ("UPDATE", "DELETE") else set()
        after -= {fact for fact, event in zip(exchange.facts, exchange.events, strict=True) if event.event == "DELETE"}
        assert {text for text in shown if text} | before == after
    total = events.total()
    assert events["ADD"] / total < 0.6
    assert min(events[name] for name in ("UPDATE", "DELETE", "NONE")) / total > 0.1
    assert max(sizes) == 8
    assert len(sizes) == 9


def test_update_shows_distractors_on_the_same_attribute_of_the_other_person() -> None:
    found = 0
    for example in examples("update"):
        frames = Counter(" ".join(text.split()[1:3]) for text in example.input["memories"])
        found += max(frames.values(), default=0) > 1
    assert found > 0.2 * len(examples("update"))


def test_generate_shows_the_evidence_among_dated_memories() -> None:
    questions = {(d.id, q.id): (d, q) for d in dialogues() for q in d.questions}
    kinds: Counter[str] = Counter()
    for example in examples("generate"):
        _, dialogue_id, question_id = example.id.split("/")
        dialogue, question = questions[dialogue_id, question_id]
        rows = final_memory(dialogue).rows
        memories = [(memory["text"], memory["date"]) for memory in example.input["memories"]]
        assert [day for _, day in memories] == sorted(day for _, day in memories)
        assert all(str(rows[text][0]) == day for text, day in memories)
        assert {text for text in rows if rows[text][1] in question.evidence} <= {text for text, _ in memories}
        if example.kind != "unanswerable":
            place = -1
            shown = " | ".join(text for text, _ in memories)
            for value in example.target.split(", "):  # in memory order
                place = shown.index(value, place + 1)
        assert (example.kind == "unanswerable") == (example.target == UNANSWERABLE)
        assert 1 <= len(memories) <= 14
        kinds[example.kind] += 1
    assert 0.10 <= kinds["unanswerable"] / kinds.total() <= 0.25
    assert 0.15 <= kinds["temporal"] / kinds.total() <= 0.35


def test_the_memory_with_rare_words_in_common_ranks_first() -> None:
    texts = ["Ann lives in Oslo", "Ann works as a baker", "Bob lives in Rome", "Ann enjoys chess"]
    assert rank("Bob lives in Lima", texts, word_weights(texts), Random(0), noise=0.0)[0] == "Bob lives in Rome"


def test_a_dialogue_without_an_oracle_is_refused() -> None:
    dialogue = dialogues()[0]
    first = dialogue.sessions[0]
    bare = replace(first, turns=tuple(replace(turn, facts=None, events=None) for turn in first.turns))
    with pytest.raises(ConfigError, match="expected one oracle event a fact"):
        list(build_datasets([replace(dialogue, sessions=(bare,))], "extract"))


def test_an_operation_without_a_builder_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown operation: expected one of extract, generate, "):
        build_datasets([], "embed")


def test_files_and_manifest(tmp_path: Path) -> None:
    splits = {split: build_datasets(generate_dialogues(split, 5, 1), "update") for split in ("train", "test")}
    rows = write_datasets(tmp_path / "update", "update", splits, {"train": 12, "test": 7}, {"seed": 1})
    assert rows == {"train": 12, "test": 7}
    manifest = json.loads((tmp_path / "update" / "manifest.json").read_text("utf-8"))
    assert manifest["config"] == {"seed": 1, "operation": "update"}
    assert set(manifest["files"]) == {"train.jsonl", "test.jsonl"}
    assert sum(manifest["facts"]["kinds"]["train"].values()) == 12
    expected = list(build_datasets(generate_dialogues("train", 5, 1), "update"))[:12]
    assert read_examples(tmp_path / "update" / "train.jsonl") == expected
