"""A toy operation and a toy target: each is a file a room, in a temporary folder, found as if it lay in its room."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

import distill.datasets
import distill.prompts
import evaluation.synthetic.scorers
import export.golden_inputs
import export.targets
import runtime_py.engines
import runtime_py.operations
from runtime_py.parity import LEGS
from runtime_py.parity.comparator import Leg

Files = Mapping[ModuleType, tuple[str, str]]
"""Room -> the ending of a file's name there, and its content."""

OPERATION = "loudness"
OPERATION_FILES: Files = {
    runtime_py.operations: (".py", """
import json
from runtime_py.operations.operation import Operation, UnparsableError


def parse(text: str) -> bool:
    try:
        return {"loud": True, "calm": False}[json.loads(text)["tone"]]
    except (ValueError, KeyError, TypeError) as e:
        raise UnparsableError(text) from e


OPERATION: Operation[str, bool] = Operation(
    name="loudness",
    system="Loud or calm, as JSON.",
    read_input=lambda row: str(row["text"]),
    render=lambda text: f"said: {text}",
    render_output=lambda loud: json.dumps({"tone": "loud" if loud else "calm"}, separators=(",", ":")),
    parse=parse,
    fallback=lambda _text: False,
    schema={
        "type": "object",
        "properties": {"tone": {"enum": ["loud", "calm"]}},
        "required": ["tone"],
        "additionalProperties": False,
    },
    lora_targets="attention_qv",
    max_new_tokens=24,
    headline="tone right",
)
"""),
    distill.datasets: (".py", """
from runtime_py import operations
from runtime_py.files import Example


def examples(dialogue, random):
    for turn in dialogue.turns:
        target = operations.get("loudness").render_output(turn.text.endswith("!"))
        yield Example(f"loudness/{dialogue.id}/{turn.id}", {"text": turn.text}, target)


DATASET = examples
"""),
    distill.prompts: (".txt", """
Say whether the text is loud or calm: loud when it ends with an exclamation mark, else calm. Answer with one JSON object
and nothing else: {"tone": "loud"} or {"tone": "calm"}.
"""),
    export.golden_inputs: (".jsonl", "".join(
        f'{{"id":"g{number}","input":{{"text":"{text}"}},"target":"{{\\"tone\\":\\"{tone}\\"}}"}}\n'
        for number, (text, tone) in enumerate((("Hello", "calm"), ("Stop!", "loud"), ("I own 9 boats", "calm"),
                                               ("Ana moved to Kluvo!", "loud")))
    )),
    evaluation.synthetic.scorers: (".py", """
from evaluation.figures.intervals import Share
from evaluation.synthetic.scorers import Scorer
from runtime_py import operations

SCORER = Scorer(
    lambda predicted, row: {"right": predicted == operations.get("loudness").parse(row.target)},
    lambda results: {"tone right": Share.of([r["right"] for r in results])},
)
"""),
}  # fmt: skip

TARGET = "paper"
TARGET_FILES: Files = {
    export.targets: (".py", """
from shutil import copyfile

from export.targets.onnx import target as onnx
from export.targets.target import Lowered, Target


def lower(base, adapter, out, operation, data_file="base.ptd"):
    lowered = onnx.lower(base, adapter, out, operation, data_file)
    return Lowered(copyfile(lowered.program, out / f"{operation}.paper"), lowered.adapter)


def write_embedder(source, out):
    return copyfile(onnx.write_embedder(source, out), out / "embed.paper")


TARGET = Target("paper", lower, onnx.link_adapter, write_embedder)
"""),
    runtime_py.engines: (".py", """
from dataclasses import replace

from runtime_py.engines import onnx
from runtime_py.engines.kind import AUTOMATIC, Kind


def open_engine(files, adapter=True, shared=None, exact=False, runtime=AUTOMATIC):
    files = replace(files, programs={onnx.NAME: files.program("paper")})
    return onnx.open_engine(files, adapter, shared, exact, runtime)


KIND = Kind("paper", ("onnxruntime",), None, False, open_engine, onnx.open_embedder)
"""),
}  # fmt: skip
TOLERANCE = Leg(TARGET, 0.05, 0.995, "the graphs of ONNX Runtime, under another name")


def add(files: Files, name: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """The files are found in their rooms; nothing else is changed."""
    for room, (ending, text) in files.items():
        place = folder / room.__name__
        place.mkdir()
        (place / f"{name}{ending}").write_text(text)
        patch.setattr(room, "__path__", [*room.__path__, str(place)])
    yield name
    for room in files:
        sys.modules.pop(f"{room.__name__}.{name}", None)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The toy operation's name."""
    yield from add(OPERATION_FILES, OPERATION, tmp_path, monkeypatch)


@pytest.fixture
def toy_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The toy target's name: its modules and its row of tolerances."""
    monkeypatch.setitem(LEGS, TARGET, TOLERANCE)
    yield from add(TARGET_FILES, TARGET, tmp_path, monkeypatch)
