"""The comparison itself, over a peer without a model: steps, drafts, failures that stay visible, tables."""

import json
import mmap
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks import peer as peers
from benchmarks import peers as comparison
from benchmarks import prepare
from benchmarks.client import Worker
from benchmarks.peer.peer import Peer, Row, Script, look_up
from benchmarks.peers import _adapters, _start
from benchmarks.peers_report import ADAPTERS, advantage, draw, markdown, marks
from benchmarks.worker import answer
from runtime_py import operations
from runtime_py.files import write_json

TURN = operations.names()
PROMPT, ANSWER = [1, 2, 3, 4, 5, 6], [3, 4, 5, 6, 7, 9]


class FakePeer(Peer):
    """Remembers what it holds; refuses what a runtime would get wrong."""

    version = "fake 1"
    drafts = True

    def __init__(self) -> None:
        super().__init__(Path(), Path(), 1)
        self.held: dict[str | None, list[int]] = {}
        self.selected: str | None = None
        self.chosen: list[int] = []

    @classmethod
    def prepare(cls, model: Path, out: Path, group_size: int) -> None:
        (out / "weights").write_bytes(b"x" * 100)

    def open(self, operation: str | None) -> None:
        self.held[operation] = []

    def select(self, operation: str | None) -> None:
        self.selected = operation

    def feed(self, tokens: Sequence[int]) -> Row:
        return self.feed_rows(tokens)[-1]

    def feed_rows(self, tokens: Sequence[int]) -> list[Row]:
        assert tokens
        self.held[self.selected] += tokens
        return [np.zeros(8, np.float32) for _ in tokens]

    def rewind(self, length: int) -> None:
        assert length <= len(self.held[self.selected])
        del self.held[self.selected][length:]

    def choose(self, row: Row, token: int) -> None:
        self.chosen.append(token)

    def scripts(self, operation: str) -> list[Script]:
        return [Script(PROMPT, 2, ANSWER)]


@pytest.fixture
def peer() -> FakePeer:
    made = FakePeer()
    for operation in (None, *TURN):
        made.open(operation)
    return made


@pytest.mark.parametrize("drafts", [False, True])
def test_a_call_feeds_the_text_and_chooses_every_token(peer: FakePeer, drafts: bool) -> None:
    peer.prime("extract")
    call = peer.call("extract", 0, drafts)
    assert peer.chosen == ANSWER
    assert peer.held["extract"] == PROMPT + ANSWER[:-1]
    assert (call.prompt_tokens, call.answer_tokens) == (6, 5)
    assert call.steps == (4 if drafts else 6)  # after 3, 4 the prompt goes on with 5, 6


def test_look_up_finds_the_latest_place() -> None:
    assert look_up([1, 2, 7, 1, 2, 8, 9, 1, 2]) == [8, 9, 1, 2]
    assert look_up([1, 2, 3]) == []
    assert len(look_up([1, 2, *range(10, 30), 1, 2])) == 8


def test_a_failure_is_an_answer(peer: FakePeer) -> None:
    peer.drafts = False
    asked = json.dumps({"do": "turn", "operations": list(TURN), "drafts": True})
    assert answer(peer, asked) == {"error": "NotImplementedError: it has no drafts by look-up"}


def test_measures_leave_nothing_held(peer: FakePeer) -> None:
    speed = answer(peer, json.dumps({"do": "speed", "operation": "generate", "prompt": 5, "steps": 3}))["value"]
    assert min(speed.values()) > 0
    turn = answer(peer, json.dumps({"do": "turn", "operations": list(TURN), "drafts": True}))["value"]
    assert list(turn) == list(TURN)
    assert not any(peer.held.values())
    switch = answer(peer, json.dumps({"do": "switch", "operations": list(TURN)}))["value"]
    assert len(switch["switched_ms"]) == len(switch["stayed_ms"]) == len(switch["again_ms"]) > 0


def test_a_peer_that_does_not_start_says_why(tmp_path: Path) -> None:
    worker = Worker("nobody", tmp_path, tmp_path / "out", 1)
    assert worker.error is not None
    assert "nobody" in worker.error
    assert "ended" in worker.ask("memory")["error"]
    worker.close()


def test_a_peer_that_is_killed_is_a_row_that_says_so() -> None:
    worker = Worker.__new__(Worker)
    worker._process = subprocess.Popen(
        [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGILL)"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert worker._read() == {"error": "its process was killed by SIGILL"}
    assert "ended" in worker.ask("memory")["error"]
    worker.close()


def test_a_turn_of_several_rows_is_their_mean_and_changes_operation_each_time(peer: FakePeer) -> None:
    other = Script([1, 2, 3, 4], 2, [5, 6])
    peer.scripts = lambda operation: [Script(PROMPT, 2, ANSWER), other][: 1 + (operation == "update")]  # type: ignore[method-assign]
    turn = answer(peer, json.dumps({"do": "turn", "operations": ["generate", "update"], "drafts": False}))["value"]
    assert (turn["generate"]["prompt_tokens"], turn["generate"]["answer_tokens"]) == (6, 5)
    assert (turn["update"]["prompt_tokens"], turn["update"]["answer_tokens"]) == (5, 3)
    assert peer.chosen == [*ANSWER, *ANSWER, 5, 6]


def test_agreement_counts_what_the_model_would_say(peer: FakePeer) -> None:
    def feed(tokens: Sequence[int]) -> Row:
        row = np.zeros(8, np.float32)
        row[tokens[-1] % 7 + 1] = 1  # after 3 comes 4
        return row

    peer.feed = feed  # type: ignore[method-assign]
    peer.scripts = lambda operation: [Script([1, 2], 1, [3, 4, 6, 7])]  # type: ignore[method-assign]
    found = answer(peer, json.dumps({"do": "agreement", "operations": ["generate"]}))
    assert found["value"] == {"generate": (3, 4)}


def test_pages_that_were_taken_meanwhile_are_counted(peer: FakePeer) -> None:
    """What is touched for the first time faults once a page."""

    def touch(*_given: object) -> list[int]:
        with mmap.mmap(-1, 64 * mmap.PAGESIZE) as pages:
            return [pages.write(b"\x01" * len(pages))]

    peer.agreement = touch  # type: ignore[method-assign,assignment]
    found = answer(peer, json.dumps({"do": "agreement", "operations": ["generate"]}))
    assert found["faults"]["others"] >= 64
    assert found["faults"]["from_disk"] >= 0


def test_adapters_are_those_of_the_turn() -> None:
    assert _adapters(["select", "generate"], False) == {"all-linear adapter": "select"}
    assert _adapters(TURN, True) == {"no adapter": None, "q,v adapter": "extract", "all-linear adapter": "generate"}


def test_preparing_is_recorded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("benchmarks.peer.fake_peer")
    module.PEER = FakePeer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    out = tmp_path / "out"
    out.mkdir()
    prepare.main("fake_peer", str(tmp_path), str(out), "32")
    assert json.loads((out / prepare.SIZE).read_text()) == {"size_bytes": 100}
    record = {"made_from": prepare.digest(tmp_path), "seconds": 1}
    (out / prepare.RECORD).write_text(json.dumps(record))
    assert prepare.prepared("fake_peer", tmp_path, out, 32) == record
    expert = tmp_path / "adapters" / "select" / "adapter_model.safetensors"
    expert.parent.mkdir(parents=True)
    expert.write_bytes(b"taught again")
    assert "preparing ended" in prepare.prepared("fake_peer", tmp_path, out, 32)["error"]  # no process knows the fake
    assert "preparing ended with exit code 1" in prepare.prepared("nobody", tmp_path, tmp_path / "none", 32)["error"]


def test_every_peer_is_a_module_with_a_line_of_its_own() -> None:
    assert {"memlora_onnx", "memlora_executorch", "llamacpp", "genai", "executorch_llm"} <= set(peers.names())
    for name in peers.names():
        text = (Path(peers.__file__).parent / f"{name}.py").read_text("utf-8")
        assert "\nPEER = " in text


def result() -> dict[str, Any]:
    call = {"prompt_tokens": 6, "answer_tokens": 5, "first_token_ms": 1.0, "total_ms": 100.0, "steps": 4}
    speed = {"value": {"prefill_tokens_per_s": 300.0, "decode_tokens_per_s": 40.0}}
    turn = {"value": dict.fromkeys(TURN, call)}
    switch = {"value": {"switched_ms": [5.0, 7.0], "stayed_ms": [4.0, 4.0], "again_ms": [4.0, 5.0]}}
    runs = {adapter: [speed] for adapter in ADAPTERS} | {"turn": [turn], "switch": [switch]}
    runs["turn with look-up"] = [{"error": "it has none"}]
    held = {operation: {"value": {"resident_bytes": 1e6 * n}} for n, operation in enumerate(TURN, 1)}
    made = {"seconds": 12.0, "size_bytes": 5_000_000, "peak_bytes": 9_000_000}
    return {
        "config": {"shape": "tiny", "group_size": 32, "threads": 1, "prompt": 256, "steps": 64},
        "machine": "a machine", "system": "a system", "date": "2026-01-02", "repeats": 2,
        "peers": {
            "able": {"runs": runs, "opened": held, "prepared": made, "version": "able 1"},
            "broken": {"runs": {}, "prepared": {"error": "no compiler"}},
        },
    }  # fmt: skip


def test_tables_have_every_peer_and_every_reason() -> None:
    text = markdown(result())
    assert "| able (able 1) | 300 (300–300) |" in text
    assert "| 300 (300–300) | – | 2.0 / 2.9 (0.5 / 0.9) |" in text
    assert "| able (able 1) | 1 | 3 | 5 | 12 | 9 |" in text
    assert "- broken: no compiler" in text
    assert "- able: it has none" in text
    assert "a machine" in text


def test_the_advantage_is_over_the_fastest_other_in_its_best_way() -> None:
    def row(ms: float, drafted: float | None = None) -> dict[str, Any]:
        runs = {"turn": [{"value": {"generate": {"total_ms": ms}}}]}
        return {
            "runs": runs | ({"turn with look-up": [{"value": {"generate": {"total_ms": drafted}}}]} if drafted else {})
        }

    rows = {"memlora_onnx": row(900, 500), "genai": row(1000), "llamacpp": row(1200, 800), "dead": {"runs": {}}}
    assert advantage({"peers": rows}).endswith(
        "memlora_onnx 0.50 s, the fastest other, llamacpp, 0.80 s: 1.60 times as fast."
    )
    assert advantage({"peers": {"genai": rows["genai"]}}) == ""


def test_tables_of_the_real_model_name_its_two_operations_and_who_agrees() -> None:
    measured = result()
    measured["config"] |= {"operations": ["select", "generate"], "weights": "real weights"}
    call = {"prompt_tokens": 300.5, "answer_tokens": 5.0, "first_token_ms": 1.0, "total_ms": 100.0, "steps": 4.0}
    able = measured["peers"]["able"]
    able["runs"] = {"turn": [{"value": {"select": call, "generate": call}}]}
    able["agreement"] = {"value": {"select": (9, 10), "generate": (8, 8)}}
    text = markdown(measured)
    assert "tiny, real weights, 1 threads" in text
    assert "|  | select | generate | both | both with look-up |" in text
    assert "able 17 of 18." in text
    assert "q,v adapter" not in text


def test_plot_and_marks(tmp_path: Path) -> None:
    draw(result(), tmp_path / "plot.svg")
    assert "broken" in (tmp_path / "plot.svg").read_text("utf-8")
    readme = (Path(__file__).parents[2] / "benchmarks" / "README.md").read_text("utf-8")
    for group_size in (32, 128):
        found = marks({"shape": "qwen2.5-0.5b", "group_size": group_size})
        assert [readme.count(mark) for mark in found] == [1, 1]


def test_runs_of_other_versions_are_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Namespace(shape="smollm2-135m", group_size=64, threads=2, prompt=8, steps=4, peers=["genai"])
    asked.out = tmp_path / "result.json"
    begun = _start(asked, TURN)
    write_json(asked.out, begun)
    assert _start(asked, TURN) == begun
    monkeypatch.setattr(comparison, "version", lambda _name: "another one")
    with pytest.raises(SystemExit, match=r"holds another comparison: .*name another --out"):
        _start(asked, TURN)
