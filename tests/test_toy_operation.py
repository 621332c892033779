"""A new operation is one file a room: a toy goes from its dataset to its score."""

from pathlib import Path

import pytest

from distill.corpus import generate_dialogues
from distill.datasets import build_datasets, write_datasets
from distill.prompts import teacher_prompt
from evaluation.figures.intervals import Share
from evaluation.figures.plots import plot_result
from evaluation.figures.tables import as_json
from evaluation.synthetic.operations import evaluate_operations
from export.grammar.compile import write_grammar
from export.parity.goldens import encode_inputs
from export.report.sections import accuracy
from export.targets import target
from runtime_py import operations
from runtime_py.decoding import Grammar
from runtime_py.engines import kinds
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples
from runtime_py.operations.prompt import OperationPrompt, Prompt
from runtime_py.text import Tokenizer
from tests.evaluation.fakes import FakeRunner
from tests.toys import OPERATION, OPERATION_FILES, TARGET, add, toy

__all__ = ["toy"]


def test_a_toy_operation_goes_from_dataset_to_score(toy: str, tmp_path: Path, checkpoint: Path) -> None:
    assert toy in operations.taught()
    operation = operations.get(toy)

    rows = build_datasets(generate_dialogues("test", 3, 0), toy)
    assert write_datasets(tmp_path / "data" / toy, toy, {"test": rows}, {"test": 20}, {}) == {"test": 20}
    examples = read_examples(tmp_path / "data" / toy / "test.jsonl")
    loud = [example for example in examples if example.input["text"].endswith("!")]
    assert [example for example in examples if operation.parse(example.target)] == loud
    assert all(operation.render_output(operation.parse(e.target)) == e.target for e in examples)
    assert "exclamation mark" in teacher_prompt(operation, operation.read_input(examples[0].input))

    tokenizer = Tokenizer.from_file(checkpoint / "tokenizer.json")
    prompt = Prompt.from_chat_template(operation, lambda said: "".join(f"[{m['role']}]{m['content']}" for m in said))
    entry = OperationPrompt.build(operation, prompt, tokenizer, (0,), context_length=4096)
    assert all(asked[: len(entry.prefix_tokens)] == list(entry.prefix_tokens)
               for asked in encode_inputs(toy, entry, tokenizer))  # fmt: skip

    path = write_grammar(operation, tokenizer, tmp_path / "grammar", 416)
    assert path is not None
    grammar = Grammar.from_bytes(path.read_bytes())
    assert all(grammar.accepts(tokenizer.encode(operation.render_output(value))) for value in (True, False))
    assert not grammar.accepts(tokenizer.encode('{"tone":"shy"}'))

    runner = FakeRunner(lambda name, given: operations.get(name).render_output(given["text"].endswith("!")))
    figures = evaluate_operations(runner, tmp_path / "data", "test", tmp_path / "out", [toy])
    assert figures[toy]["experts"]["tone right"] == Share(20, 20)
    assert figures[toy]["base"]["valid JSON"] == Share(0, 20)
    assert figures[toy]["base"]["tone right"] == Share(20 - len(loud), 20)  # the fallback is calm

    result = {"suite": "synthetic", "splits": {"test": {"operations": as_json(figures)}}}
    assert "loudness: tone right" in accuracy(result)
    assert plot_result(result, tmp_path / "plot.svg").stat().st_size > 0


def test_afterwards_it_is_gone() -> None:
    assert OPERATION not in operations.all_names()
    assert TARGET not in [*target.names(), *kinds()]
    with pytest.raises(ConfigError, match="unknown operation"):
        build_datasets([], OPERATION)


def test_a_part_that_an_operation_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = {room: file for room, file in OPERATION_FILES.items() if room.__name__ == "runtime_py.operations"}
    for name in add(alone, OPERATION, tmp_path, monkeypatch):
        with pytest.raises(ConfigError, match="no dataset for the operation 'loudness': expected one of extract, "):
            build_datasets([], name)
        with pytest.raises(ConfigError, match=r"add distill/prompts/loudness\.txt or name another operation"):
            teacher_prompt(operations.get(name), "Hello")
