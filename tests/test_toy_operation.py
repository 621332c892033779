"""A new operation, and a new target, is one module a room: toys in a temporary folder go through all of them."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

import distill.datasets
import evaluation.synthetic.scorers
import export.targets
import runtime_py.engines
import runtime_py.operations
from distill.corpus import generate_dialogues
from distill.datasets import build_datasets, write_datasets
from evaluation.figures.intervals import Share
from evaluation.figures.plots import plot_result
from evaluation.figures.tables import as_json
from evaluation.synthetic.operations import evaluate_operations
from export.grammar.compile import write_grammar
from export.report.sections import accuracy
from export.targets import target
from runtime_py import operations
from runtime_py.decoding.grammar import Grammar
from runtime_py.decoding.greedy import generate
from runtime_py.decoding.session import EngineSession
from runtime_py.engines import EngineFiles, kinds, open_engine
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples
from runtime_py.operations.prompt import OperationPrompt, Prompt
from runtime_py.text import Tokenizer
from tests.evaluation.fakes import FakeRunner

NAME = "loudness"
MODULES = {
    runtime_py.operations: """
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
""",
    distill.datasets: """
from runtime_py import operations
from runtime_py.files import Example


def examples(dialogue, random):
    for turn in dialogue.turns:
        target = operations.get("loudness").render_output(turn.text.endswith("!"))
        yield Example(f"loudness/{dialogue.id}/{turn.id}", {"text": turn.text}, target)


DATASET = examples
""",
    evaluation.synthetic.scorers: """
from evaluation.figures.intervals import Share
from evaluation.synthetic.scorers import Scorer
from runtime_py import operations

SCORER = Scorer(
    lambda predicted, row: {"right": predicted == operations.get("loudness").parse(row.target)},
    lambda results: {"tone right": Share.of([r["right"] for r in results])},
)
""",
}


TARGET = "paper"
TARGET_MODULES = {
    export.targets: """
from export.targets.target import Lowered, Target


def lower(base, adapter, out, operation, data_file="base.ptd"):
    program = out / f"{operation}.paper"
    program.write_text(f"{operation} on {data_file}")
    return Lowered(program)


TARGET = Target("paper", lower, lambda *_given: None, lambda _source, out: out / "embed.paper")
""",
    runtime_py.engines: """
from runtime_py.engines.engine import EngineKey
from runtime_py.engines.fake import FakeEngine
from runtime_py.engines.kind import AUTOMATIC, Kind


def open_engine(files, adapter=True, shared=None, exact=False, runtime=AUTOMATIC):
    program = files.program("paper").read_text()
    return FakeEngine(files.vocab_size, files.context_length, EngineKey(files.base_sha256, program))


KIND = Kind("paper", ("memlora",), None, False, open_engine, lambda *_given: None)
""",
}


def add(modules: Mapping[ModuleType, str], name: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """The modules are found as if they lay in their rooms; nothing else is changed."""
    for room, source in modules.items():
        place = folder / room.__name__
        place.mkdir()
        (place / f"{name}.py").write_text(source)
        patch.setattr(room, "__path__", [*room.__path__, str(place)])
    yield name
    for room in modules:
        sys.modules.pop(f"{room.__name__}.{name}", None)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    yield from add(MODULES, NAME, tmp_path, monkeypatch)


@pytest.fixture
def toy_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    yield from add(TARGET_MODULES, TARGET, tmp_path, monkeypatch)


def test_a_toy_operation_goes_from_dataset_to_score_by_a_toy_target(
    toy: str, toy_target: str, tmp_path: Path, checkpoint: Path
) -> None:
    assert toy in operations.taught()
    operation = operations.get(toy)

    rows = build_datasets(generate_dialogues("test", 3, 0), toy)
    assert write_datasets(tmp_path / "data" / toy, toy, {"test": rows}, {"test": 20}, {}) == {"test": 20}
    examples = read_examples(tmp_path / "data" / toy / "test.jsonl")
    loud = [example for example in examples if example.input["text"].endswith("!")]
    assert [example for example in examples if operation.parse(example.target)] == loud
    assert all(operation.render_output(operation.parse(e.target)) == e.target for e in examples)

    tokenizer = Tokenizer.from_file(checkpoint / "tokenizer.json")
    prompt = Prompt.from_chat_template(operation, lambda said: "".join(f"[{m['role']}]{m['content']}" for m in said))
    entry = OperationPrompt.build(operation, prompt, tokenizer, (0,), context_length=4096)
    asked = entry.encode(tokenizer, operation.render(operation.read_input(examples[0].input)))
    assert asked[: len(entry.prefix_tokens)] == list(entry.prefix_tokens)

    path = write_grammar(operation, tokenizer, tmp_path / "grammar", 416)
    assert path is not None
    grammar = Grammar.from_bytes(path.read_bytes())
    assert all(grammar.accepts(tokenizer.encode(operation.render_output(value))) for value in (True, False))
    assert not grammar.accepts(tokenizer.encode('{"tone":"shy"}'))

    assert toy_target in target.names()
    lowered = target.get(toy_target).lower(tmp_path, None, tmp_path, toy)
    assert lowered.program.read_text() == "loudness on base.ptd"
    said = set()
    for base in range(8):  # an untrained engine says either word, and nothing else
        files = EngineFiles(
            toy, {toy_target: lowered.program}, None, tmp_path, str(base) * 64, None, 416, 4096, 1, 1, 1
        )
        session = EngineSession(open_engine(files, toy_target))
        decoded = generate(session, asked, grammar, (0,), operation.max_new_tokens)
        said.add(tokenizer.decode(list(decoded.tokens)))
    assert said == {'{"tone":"loud"}', '{"tone":"calm"}'}

    runner = FakeRunner(lambda name, given: operations.get(name).render_output(given["text"].endswith("!")))
    figures = evaluate_operations(runner, tmp_path / "data", "test", tmp_path / "out", [toy])
    assert figures[toy]["experts"]["tone right"] == Share(20, 20)
    assert figures[toy]["base"]["valid JSON"] == Share(0, 20)
    assert figures[toy]["base"]["tone right"] == Share(20 - len(loud), 20)  # the fallback is calm

    result = {"suite": "synthetic", "splits": {"test": {"operations": as_json(figures)}}}
    assert "loudness: tone right" in accuracy(result)
    assert plot_result(result, tmp_path / "plot.svg").stat().st_size > 0


def test_afterwards_it_is_gone() -> None:
    assert NAME not in operations.all_names()
    assert TARGET not in [*target.names(), *kinds()]
    with pytest.raises(ConfigError, match="unknown operation"):
        build_datasets([], NAME)


@pytest.mark.parametrize("untaught", sorted({*operations.all_names()} - {*operations.taught()}))
def test_an_operation_without_a_dataset_is_named(untaught: str) -> None:
    with pytest.raises(ConfigError, match=f"no dataset for the operation '{untaught}': expected one of extract, "):
        build_datasets([], untaught)
