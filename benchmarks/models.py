"""The models that are compared: random ones of true shapes, and a real one with the experts of this repository.

A model's folder holds `checkpoint`, `adapters/<operation>` and `turn.jsonl`, the inputs and answers of its memory turn.

    python -m benchmarks.models BUNDLE

records the real model's turn again: what the bundle's experts are asked in the conversation of the demo, and say.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from benchmarks.made.shapes import SHAPES, write_model
from benchmarks.peer import TURN, names
from calibration.checkpoint import Checkpoint
from calibration.smoothing import SMOOTHING, SmoothedCheckpoint, read_exponents
from calibration.sources import fetch_checkpoint
from distill.corpus.natural_text import read_natural
from evaluation.bench.record import evenly, record
from runtime_py.bundle import Bundle
from runtime_py.files import write_example

REAL = "smollm2-135m"
MODELS = (REAL, *SHAPES)
_ROOT = Path(__file__).parents[1]
_EXPERTS = _ROOT / "models" / REAL / "adapters"
_CONVERSATION = _ROOT / "examples" / "conversation.txt"
_TURNS = _ROOT / "evaluation" / "bench"
_RECORDED = _TURNS / "conversation.jsonl"
_CALLS = 4  # exchanges, and questions
_OF_INT8 = ("genai_int8", "llamacpp_q8")
_WITH_EXPERTS = ("genai", *_OF_INT8, "llamacpp", "memlora_onnx")


def default_peers(model: str) -> list[str]:
    """Who is compared: with random weights everybody in int4, with real ones, of 8 bits, those who take experts."""
    if model == REAL:
        return [name for name in names() if name in _WITH_EXPERTS]
    return [name for name in names() if name not in _OF_INT8]


def weights(model: str, group_size: int) -> str:
    """What a table says of the weights that are compared."""
    if model == REAL:
        return f"real weights and experts (ours int8 a row, genai's groups of {group_size})"
    return f"int4 in groups of {group_size}"


def write(model: str, folder: Path) -> None:
    """The model's folder; what is already there is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    if model == REAL:
        _write_real(folder)
    else:
        write_model(SHAPES[model], folder)
    shutil.copyfile(_RECORDED if model == REAL else _TURNS / TURN, folder / TURN)


def _write_real(folder: Path) -> None:
    """The checkpoint as `memlora base` gets it, once more with its smoothing factors folded in, and the experts."""
    original = fetch_checkpoint(REAL, folder / "original")
    write_folded(original, folder / "checkpoint")
    for expert in sorted(_EXPERTS.iterdir()):
        shutil.copytree(expert, folder / "adapters" / expert.name, dirs_exist_ok=True)


def write_folded(source: Path, out: Path) -> None:
    """The checkpoint in folder `source` with the factors beside it folded into its weights, as `quantize` does.

    The experts were taught on such a base and read its activations, so every peer gets these weights. The factors are
    powers of two, so the model computes what it did.
    """
    weights = out / "model.safetensors"
    if weights.is_file():
        return
    opened = SmoothedCheckpoint.of(Checkpoint.open(source), read_exponents(source / SMOOTHING))
    tensors = {name: np.concatenate(list(opened.rows(name))) for name in opened.tensors}
    shutil.copytree(source, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.safetensors", "manifest.json"))
    partial = weights.with_suffix(".partial")
    save_file(tensors, partial, {"format": "pt"})
    partial.rename(weights)


def main(bundle: str) -> None:
    rows = record(Bundle.open(Path(bundle)), read_natural(_CONVERSATION)[0])
    chosen = [row for made in rows.values() for row in evenly(made, _CALLS)]
    _RECORDED.write_text("".join(f"{write_example(row)}\n" for row in chosen), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
