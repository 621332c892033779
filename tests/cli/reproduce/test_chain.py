"""The chain with scripts in the place of experts: what is chosen, what rows and seeds ask, what a second call does."""

import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from evaluation.protocol import read_protocol
from evaluation.protocol.judging import Judge, rule_judge
from evaluation.protocol.rows import ALL, ANSWER, FACTS, MEMORY, NONE, ROWS, STAGES, AddOnly
from memlora_cli.reproduce import chain
from memlora_cli.reproduce.experts import Source
from memlora_cli.reproduce.ingredients import Ingredients
from memlora_cli.reproduce.run_folder import RunFolder
from runtime_py.operations import names
from runtime_py.operations.generator import Generated
from runtime_py.store import Vectors
from tests.cli.reproduce.test_bank import dialogue
from tests.evaluation.protocol.test_answers import Words


class Script:
    """`good` finds facts and answers from them; `base` only answers, `bad` does neither."""

    operations: Collection[str] = tuple(names())

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.calls = 0

    def run(self, operation: str, given: Any) -> Generated:
        self.calls += 1
        if operation == FACTS:
            found = [f"{m.speaker} {m.text.removeprefix('I ')}" for m in given.messages]
            return Generated(found if self.kind == "good" else [])
        if operation == MEMORY:
            return AddOnly().run(operation, given)
        lives = [memory.text.rstrip(".").split()[-1] for memory in given.memories if "live" in memory.text]
        return Generated(lives[0] if lives and self.kind != "bad" else "nothing")

    def fits(self, _operation: str, _given: Any) -> bool:
        return True


class Workshop:
    """Every expert is there; a bundle's name says whose it is."""

    scripts: ClassVar[dict[str, Script]] = {}

    def __init__(self, _run: RunFolder, given: Ingredients, _rows: Path) -> None:
        self.given = given

    def expert(self, operation: str, candidate: str, seed: int) -> Path:
        return Path(f"{candidate} {seed} {operation}")

    def shared(self, candidate: str, seed: int) -> Path:
        return Path(f"{candidate} {seed} shared")

    def bundle(self, _name: str, adapters: Mapping[str, Path]) -> Path:
        return Path("|".join(f"{operation}={path}" for operation, path in adapters.items()))

    def sources(self, bundle: Path, adapters: bool = True) -> dict[str, Source]:
        named = dict(part.split("=") for part in str(bundle).split("|"))
        kinds = {name: named[name].split()[0] if adapters else "base" for name in STAGES}
        return {
            name: Source(self.scripts.setdefault(kind, Script(kind)), named[name] if adapters else "base")
            for name, kind in kinds.items()
        }

    def let_go(self) -> None:
        return


class Tokens:
    """Each word's own place."""

    id = "tokens"

    def __init__(self, _folder: Path | None) -> None:
        return

    def __call__(self, text: str) -> Vectors:
        places = [0, *(1 + sum(map(ord, word)) % 30 for word in text.split()), 0]
        found: Vectors = np.eye(32, dtype=np.float32)[places]
        return found


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Ingredients:
    monkeypatch.setattr(Ingredients, "base_sha256", "b")
    monkeypatch.setattr(Workshop, "scripts", {})
    monkeypatch.setattr(chain, "Workshop", Workshop)
    monkeypatch.setattr(chain, "TokenEncoder", Tokens)
    monkeypatch.setattr(chain, "open_embedder", lambda _run: Words())
    monkeypatch.setattr(chain, "make_rows", lambda *_given: Path("rows"))
    return Ingredients(
        protocol=replace(read_protocol(), candidates={"bad": {}, "good": {}}),
        split={"train": [], "validation": [dialogue("v")], "test": [dialogue("t"), dialogue("u")]},
        base=Path(),
        teacher=lambda _dialogue: Script("good"),
        taught_by={},
        judge=rule_judge(),
        title="a title",
        notes=(),
        parameters=1.0,
    )


def test_what_is_chosen_and_asked(given: Ingredients, tmp_path: Path) -> None:
    told = chain.reproduce_all(RunFolder(tmp_path), given)
    assert told["chosen"] == {FACTS: "good", MEMORY: "bad", ANSWER: "good"}, "of equal candidates the first"
    assert told["selection"][FACTS]["good"]["L"] > told["selection"][FACTS]["bad"]["L"]
    assert list(told["rows"]) == [row.name for row in ROWS]
    assert {name: row["J"]["seeds"] for name, row in told["rows"].items()} == {
        row.name: 1 if row.name == NONE else 3 for row in ROWS
    }
    assert (told["rows"][ALL]["J"]["k"], told["rows"][ALL]["J"]["n"]) == ([2, 2, 2], 2)
    assert told["rows"][NONE]["J"]["k"] == [0], "nothing was remembered"
    assert told["rows"]["raw turns"]["J"]["k"] == [2, 2, 2]
    assert (tmp_path / "table.md").read_text("utf-8").startswith("# a title\n")
    assert json.loads((tmp_path / "result.json").read_text("utf-8"))["rows"] == told["rows"]


def test_a_second_call_goes_on(given: Ingredients, tmp_path: Path) -> None:
    told = chain.reproduce_all(RunFolder(tmp_path), given)
    calls = {kind: script.calls for kind, script in Workshop.scripts.items()}
    again = chain.reproduce_all(RunFolder(tmp_path), given)
    assert (again["made"], again["rows"]) == ([], told["rows"])
    assert {kind: script.calls for kind, script in Workshop.scripts.items()} == calls
    lost = sorted(tmp_path.glob("answers-t-*"))[0]
    shutil.rmtree(lost)
    changed = next(path for path in tmp_path.glob("scores-u-*"))
    (changed / "scores.json").write_text("[]", "utf-8")
    again = chain.reproduce_all(RunFolder(tmp_path), given)
    assert (sorted(again["made"]), again["rows"]) == (sorted([lost.name, changed.name]), told["rows"])


def test_another_judge_asks_no_expert(given: Ingredients, tmp_path: Path) -> None:
    chain.reproduce_all(RunFolder(tmp_path), given)
    calls = {kind: script.calls for kind, script in Workshop.scripts.items()}
    strict = Judge("strict", "a prompt", lambda asked: [False for _ in asked])
    told = chain.reproduce_all(RunFolder(tmp_path), replace(given, judge=strict))
    assert {row["J"]["mean"] for row in told["rows"].values()} == {0.0}
    assert all(name.startswith(("scores", "selection")) for name in told["made"])
    assert {kind: script.calls for kind, script in Workshop.scripts.items()} == calls
    assert "a prompt" in (tmp_path / "table.md").read_text("utf-8")
