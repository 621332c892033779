"""A small random model and its adapters as fixed-point graphs, ranges measured on random tokens; a bundle with more."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from runtime_py.engines import Engine, EngineFiles
from runtime_py.errors import ExportError, MissingExtraError
from runtime_py.files.ranges import ActivationRanges, read_ranges
from tests.conftest import TINY
from tests.once import made_once

CHUNK, WINDOW = 8, 128
MANY_LAYERS, KV_HEADS, HEAD_DIM = 2, 2, 32
ROWS = 32
"""Training rows of each operation that the embedded base's ranges are measured on."""


@dataclass(frozen=True)
class Form:
    """How an export was asked to write the NPU's graphs."""

    precision: str
    lora: str

    @property
    def name(self) -> str:
        """As the table of targets has it."""
        return f"{self.precision.upper()}, LoRA {self.lora}"

    @property
    def weight_bits(self) -> int:
        return int(self.precision[-1])


FORMS = tuple(Form(precision, lora) for lora in ("inputs", "folded") for precision in ("a16w8", "a16w4"))
INPUTS = FORMS[:2]


@dataclass(frozen=True)
class Npu:
    """A base, its adapters' weights and the ranges that were measured on them."""

    base: Path
    ranges: ActivationRanges
    weights: Mapping[str, object]


def measure(folder: Path, checkpoint: Path, adapters: Path, names: list[str], first: int | None = None) -> Npu:
    """Ranges of `names` on rows of random tokens, which begin with `first`; seeded."""
    from calibration.activations import Measured, Source, measure_ranges
    from calibration.activations.measure import unseen_shape
    from calibration.quantize import quantize_checkpoint
    from export.sources.adapter import read_adapter
    from export.targets.qnn.floats import slot_matrices, slot_ranks, write_float_graph
    from runtime_py.weights import QuantizedBase, identify

    base = quantize_checkpoint(checkpoint, folder / "base")
    opened = QuantizedBase.open(base)
    weights = {name: read_adapter(adapters / name, base) for name in names}
    ranks = slot_ranks(weights)
    random = np.random.default_rng(0)
    rows = random.integers(0, 300, (16, 40)).tolist()
    if first is not None:
        rows = [[first, *(token for token in row if token != first)] for row in rows]
    sources = {
        name: Source(rows, slot_matrices(base, ranks, w.modules), identify(w.modules)) for name, w in weights.items()
    }
    graph = write_float_graph(base, ranks, CHUNK, WINDOW, folder)
    shape = unseen_shape(MANY_LAYERS, KV_HEADS, HEAD_DIM, WINDOW)
    measured = Measured(
        graph, opened.sha256, CHUNK, shape, lambda tokens: opened.dequantize("model.embed_tokens.weight", tokens)
    )
    measure_ranges(measured, sources, folder / "ranges", lambda *_: None)
    return Npu(base, read_ranges(folder / "ranges"), weights)


def engine_files(npu: Npu, name: str, program: Path, folder: Path) -> EngineFiles:
    """As a bundle has them: the adapter beside the program."""
    from export.targets.onnx.target import slot_matrices, write_adapter_file
    from runtime_py.weights import QuantizedBase

    opened, weights = QuantizedBase.open(npu.base), npu.weights[name]
    path = folder / f"{name}.onnx_adapter"
    write_adapter_file(path, slot_matrices(sorted(weights.modules), weights.modules, npu.base))  # type: ignore[attr-defined]
    return EngineFiles(
        operation=name,
        programs={"qnn": program},
        adapter=path,
        base=opened.path,
        base_sha256=opened.sha256,
        adapter_sha256=name,
        vocab_size=opened.tensors["model.embed_tokens.weight"].shape[0],
        context_length=WINDOW,
        layers=MANY_LAYERS,
        kv_heads=KV_HEADS,
        head_dim=HEAD_DIM,
        ranks=weights.ranks,  # type: ignore[attr-defined]
    )


def worst_error(base: Path, adapter: Path, engine: Engine) -> float:
    """The largest |a-b|2 / |b|2 of the logits after prompts, beside torch on the dequantized base with the adapter."""
    from peft import PeftModel

    from export.parity.reference import load_reference
    from export.parity.torch import prompt_logits

    rows = np.random.default_rng(1).integers(0, 300, (6, 20)).tolist()
    model = PeftModel.from_pretrained(load_reference(base), adapter).eval()
    errors = []
    for row, want in zip(rows, prompt_logits(model, rows), strict=True):
        engine.reset()
        errors.append(float(np.linalg.norm(engine.feed(row) - want) / np.linalg.norm(want)))
    return max(errors)


def measure_tiny(factory: pytest.TempPathFactory, base: Path) -> Path:
    """A folder of the run: `ranges` of the embedded base, and `data`, whose test dialogues are of people held out."""
    from memlora_cli.bundle.corpus import make_corpus
    from memlora_cli.main import main

    def make(folder: Path) -> None:
        make_corpus(folder / "data", ROWS, 1, 1, seed=5)
        given = ["--adapters", str(TINY / "adapters"), "--data", str(folder / "data" / "datasets")]
        assert main(["ranges", str(base), *given, "--out", str(folder / "ranges"), "--rows", str(ROWS)]) == 0

    return made_once(factory, "npu-ranges", make)


def pack(bundle: Path, base: Path, ranges: Path, form: Form, socs: tuple[str, ...], out: Path) -> Path:
    """A copy of the embedded `bundle` with programs of the NPU too, packed as an export packs them."""
    from export.bundle import find_adapters
    from export.sources.adapter import read_adapter
    from export.targets.qnn import TARGET
    from runtime_py.bundle import write_bundle_manifest

    shutil.copytree(bundle, out)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    fields = {key: value for key, value in manifest.items() if key not in ("format_version", "min_reader", "files")}
    assert TARGET.configure
    target = TARGET.configure({"ranges": ranges, "socs": socs, "precision": form.precision, "lora": form.lora})
    weights = {name: read_adapter(folder, base) for name, folder in find_adapters(TINY / "adapters").items()}
    if target.lower_shared:
        lowered = target.lower_shared(base, weights, out)
        assert lowered
        fields["programs"] |= lowered.programs(target.name, out)
    else:
        assert target.lower
        for name, adapter in weights.items():
            made = target.lower(base, adapter, out, name)
            fields["operations"][name]["programs"] |= made.programs(target.name, out)
    write_bundle_manifest(out, fields)
    return out


def need_compiler() -> None:
    """Skips where Qualcomm's compiler and simulator are not; fails there in CI."""
    from export.targets.qnn.compile import check_host

    try:
        check_host()
    except (ExportError, MissingExtraError) as e:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(e))
