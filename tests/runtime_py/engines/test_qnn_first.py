"""A first token far above all others, an attention sink, is kept apart; what follows is near torch."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from export.targets.qnn import TARGET
from runtime_py.engines import EngineFiles, Runtime
from runtime_py.engines.qnn.engine import open_engine
from runtime_py.engines.qnn.program import read_program
from runtime_py.errors import BundleError, ExportError
from tests.npu import Npu, engine_files, measure
from tests.shown import show

pytestmark = pytest.mark.slow

SINK, OUTLIER = 7, 3000.0  # of other rows the largest number is about 0.3
NAMES = ["extract", "update"]
CPU = Runtime(device="cpu")
Parts = tuple[Npu, dict[str, EngineFiles], dict[str, object], Path]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, adapters: Path) -> Parts:
    """The random model with one enormous row in its embedding, and its program as the target lowers it."""
    folder = tmp_path_factory.mktemp("first")
    planted = folder / "checkpoint"
    planted.mkdir()
    for file in checkpoint.iterdir():
        (planted / file.name).write_bytes(file.read_bytes())
    config = json.loads((planted / "config.json").read_text("utf-8"))
    (planted / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": False}))
    tensors = load_file(planted / "model.safetensors")
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].copy()  # else its logit were as large
    tensors["model.embed_tokens.weight"][SINK] *= OUTLIER
    save_file(tensors, planted / "model.safetensors", {"format": "pt"})
    npu = measure(folder, planted, adapters, NAMES, SINK)
    assert TARGET.configure
    target = TARGET.configure({"ranges": folder / "ranges"})
    assert target.lower_shared
    lowered = target.lower_shared(npu.base, npu.weights, folder / "bundle")  # type: ignore[arg-type]
    assert lowered
    strange = {**npu.weights, "update": changed(npu.weights["update"])}
    with pytest.raises(ExportError, match="ranges of other adapters: expected what the first token leaves under"):
        target.lower_shared(npu.base, strange, folder / "other")  # type: ignore[arg-type]
    return npu, {name: engine_files(npu, name, lowered.program, folder) for name in NAMES}, {}, folder


def changed(weights: object) -> object:
    """The same adapter with one number a little smaller."""
    modules = {module: (a.copy(), b.copy()) for module, (a, b) in weights.modules.items()}  # type: ignore[attr-defined]
    next(iter(modules.values()))[0][0, 0] *= np.float32(0.5)
    return replace(weights, modules=modules)  # type: ignore[type-var]


def test_no_range_holds_the_first_tokens_numbers(parts: Parts) -> None:
    npu, _, _, _ = parts
    largest = max(map(abs, npu.ranges.union("minmax")["hidden"]))
    assert largest < OUTLIER / 100
    assert npu.ranges.first
    assert (npu.ranges.first.token, len(npu.ranges.first.adapters)) == (SINK, 3)


@pytest.mark.parametrize("name", NAMES)
def test_what_follows_the_first_token_is_near_torch(parts: Parts, adapters: Path, name: str) -> None:
    from peft import PeftModel

    from export.parity.reference import load_reference
    from export.parity.torch import prompt_logits

    npu, files, shared, _ = parts
    engine = open_engine(files[name], shared=shared, runtime=CPU)
    rows = [[SINK, *row] for row in np.random.default_rng(1).integers(20, 300, (4, 20)).tolist()]
    model = PeftModel.from_pretrained(load_reference(npu.base), adapters / name).eval()
    for row, want in zip(rows, prompt_logits(model, rows), strict=True):
        engine.reset()
        assert np.linalg.norm(engine.feed(row) - want) < 0.05 * np.linalg.norm(want)
    show("qnn", "A16W8, LoRA inputs", f"{name} (first token kept)", "run", "cpu", "logits 0.05")


def test_however_it_is_fed_the_same_is_kept(parts: Parts) -> None:
    """Alone, with logits of every place, after another text that began with another token."""
    _, files, shared, _ = parts
    engine = open_engine(files["extract"], shared=shared, runtime=CPU)
    text = [SINK, 31, 41, 59, 26]
    expected = engine.feed(text)
    engine.reset()
    engine.feed([SINK])
    np.testing.assert_allclose(engine.feed(text[1:]), expected, atol=1e-2)
    engine.reset()
    engine.feed(text[1:])
    engine.reset()
    np.testing.assert_allclose(engine.feed(text, all_logits=True)[-1], expected, atol=1e-2)


def test_another_adapter_is_refused(parts: Parts, tmp_path: Path) -> None:
    npu, files, _, _ = parts
    other = replace(npu, weights={"update": changed(npu.weights["update"])})
    given = engine_files(other, "update", files["update"].program("qnn"), tmp_path)
    with pytest.raises(BundleError, match=r"adapter of update .* expected one whose first token was kept, got another"):
        open_engine(given, runtime=CPU)
    assert open_engine(files["update"], False, {}, runtime=CPU).begin(SINK) == 1
    first = read_program(files["update"].program("qnn")).first
    assert first
    assert first.token == SINK
