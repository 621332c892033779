"""The real model of the comparison: its weights, its recorded turn, its files for other runtimes."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from benchmarks.made.gguf_files import in_gguf_order
from benchmarks.made.shapes import Shape, write_model
from benchmarks.models import MODELS, REAL, default_peers, write, write_folded
from benchmarks.peer import TURN, operations_of
from calibration.checkpoint import Checkpoint
from calibration.smoothing import SMOOTHING, SmoothedCheckpoint, folds, write_exponents
from evaluation.bench.record import evenly, to_row
from runtime_py import operations
from runtime_py.files import Example, read_examples
from runtime_py.operations.extract import Message
from runtime_py.operations.generate import DatedMemory, GenerateInput
from runtime_py.operations.select import SelectInput

ROOT = Path(__file__).parents[2]
DAY = date(2026, 5, 1)
SMALL = Shape("llama", 64, 1, 2, 1, 32, 96, 2048, 1e4, context=256)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with factors beside it, as `memlora base` writes one."""
    folder = tmp_path_factory.mktemp("real")
    write_model(SMALL, folder)
    random = np.random.default_rng(3)
    sizes = {"self_attn.input": 64, "self_attn.output": 32, "mlp.input": 64, "mlp.output": 96}
    exponents = {
        f.name: random.integers(-3, 4, sizes[".".join(f.name.split(".")[-2:])], np.int8) for f in folds(SMALL.config())
    }
    write_exponents(folder / "checkpoint" / SMOOTHING, exponents)
    return folder / "checkpoint"


def test_folded_weights_are_those_that_quantize_reads_and_compute_the_same(checkpoint: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    write_folded(checkpoint, tmp_path / "folded")
    opened = SmoothedCheckpoint.of(Checkpoint.open(checkpoint), load_file(checkpoint / SMOOTHING))
    folded = load_file(tmp_path / "folded" / "model.safetensors")
    assert all((folded[name] == np.concatenate(list(opened.rows(name)))).all() for name in opened.tensors)
    assert not (tmp_path / "folded" / SMOOTHING).exists()  # folded once is enough
    tokens = torch.arange(3, 40)[None]
    plain, other = (
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64)(tokens).logits
        for folder in (checkpoint, tmp_path / "folded")
    )
    assert torch.allclose(plain, other, atol=1e-9)


def test_a_models_folder_names_the_operations_of_its_turn(tmp_path: Path) -> None:
    write("tiny", tmp_path)
    assert set(operations_of(tmp_path)) == set(operations.names())
    assert (tmp_path / TURN).read_bytes() == (ROOT / "evaluation" / "bench" / "turn.jsonl").read_bytes()


def test_real_weights_are_compared_with_those_who_take_experts() -> None:
    assert MODELS[0] == REAL
    assert default_peers(REAL) == ["genai", "genai_int8", "llamacpp", "llamacpp_q8", "memlora_onnx"]
    assert "transformers_onnx" in default_peers("qwen2.5-0.5b")
    assert not {"genai_int8", "llamacpp_q8"} & set(default_peers("qwen2.5-0.5b"))


def test_the_recorded_turn_is_what_the_shipped_experts_read_and_write() -> None:
    rows = read_examples(ROOT / "evaluation" / "bench" / "conversation.jsonl")
    names = [row.id.partition("/")[0] for row in rows]
    assert set(names) == {path.name for path in (ROOT / "models" / REAL / "adapters").iterdir()}
    assert len({names.count(name) for name in names}) == 1
    said = (ROOT / "examples" / "conversation.txt").read_text("utf-8")
    for name, row in zip(names, rows, strict=True):
        operation = operations.get(name)
        given = operation.read_input(row.input)
        assert to_row(given) == row.input
        assert operation.render_output(operation.parse(row.target)) == row.target
        if name == "select":
            assert all(message.text in said for message in given.messages)
        else:
            assert given.question in said


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("select", SelectInput((Message("user", "Ann", "Hello."),), DAY, (Message("assistant", "", "Hi."),))),
        ("generate", GenerateInput("Who?", (DatedMemory("Ann is nine.", None, "Me"), DatedMemory("So", DAY)))),
    ],
)
def test_an_input_is_written_as_it_is_read(name: str, given: SelectInput | GenerateInput) -> None:
    assert operations.get(name).read_input(json.loads(json.dumps(to_row(given)))) == given


def test_rows_are_taken_evenly() -> None:
    rows = [Example(str(number), {}) for number in range(12)]
    assert [row.id for row in evenly(rows, 4)] == ["1", "4", "7", "10"]


def test_llamas_rows_give_the_same_scores_in_the_order_of_llama_cpp() -> None:
    """Halves of a head turned together, as Hugging Face does it, against neighbours, as llama.cpp does."""
    random = np.random.default_rng(5)
    config = SMALL.config()
    q, k, x = random.normal(size=(64, 64)), random.normal(size=(32, 64)), random.normal(size=(2, 64))
    angles = np.exp(1j * np.outer([3, 11], 1e4 ** (-np.arange(16) / 16)))

    def halves(rows: NDArray[Any], place: int) -> Any:
        heads = (rows @ x[place]).reshape(-1, 2, 16)
        return (heads[:, 0] + 1j * heads[:, 1]) * angles[place]

    def neighbours(rows: NDArray[Any], place: int) -> Any:
        heads = (rows @ x[place]).reshape(-1, 16, 2)
        return (heads[..., 0] + 1j * heads[..., 1]) * angles[place]

    moved_q = in_gguf_order(q, "model.layers.0.self_attn.q_proj.weight", config)
    moved_k = in_gguf_order(k, "model.layers.0.self_attn.k_proj.weight", config)
    assert not np.allclose(moved_q, q)
    expected = (halves(q, 0) * halves(k, 1).conj()).sum(-1).real
    assert np.allclose((neighbours(moved_q, 0) * neighbours(moved_k, 1).conj()).sum(-1).real, expected)
    v = "model.layers.0.self_attn.v_proj.weight"
    assert in_gguf_order(k, v, config) is k
    assert in_gguf_order(q, "model.layers.0.self_attn.q_proj.weight", {**config, "model_type": "qwen2"}) is q
