"""One int8 base on both runtimes: torch, arbiter, shipped graph and program compute the same from its bytes."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from peft import PeftModel

from calibration.quantize import quantize_checkpoint
from export.parity.runtimes import arbiter_graph
from export.sources.adapter import AdapterWeights, inspect_adapter, read_adapter
from export.sources.model import load_dequantized
from export.targets.executorch.link import describe, link_program, lower_genuinely, lower_template
from export.targets.onnx import target
from runtime_py.engines import open_engine
from runtime_py.engines.engine import EngineFiles, Logits
from runtime_py.errors import ExportError
from runtime_py.weights import QuantizedBase

pytestmark = pytest.mark.slow
TOKENS = np.random.default_rng(11).integers(0, 384, 40).tolist()


@pytest.fixture(scope="module")
def base(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("int8") / "base", bits=8)


@pytest.fixture(scope="module")
def upper(adapters: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The adapter of all linears, of the upper layer alone, as PEFT writes it with `layers_to_transform`."""
    from safetensors.numpy import load_file, save_file

    folder = tmp_path_factory.mktemp("upper") / "generate"
    shutil.copytree(adapters / "generate", folder)
    tensors = load_file(folder / "adapter_model.safetensors")
    kept = {name: values for name, values in tensors.items() if ".layers.1." in name}
    assert len(kept) == 14
    save_file(kept, folder / "adapter_model.safetensors")
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | {"layers_to_transform": [1]}))
    return folder


@pytest.fixture(scope="module")
def weights(upper: Path, base: Path) -> AdapterWeights:
    return read_adapter(upper, base)


@pytest.fixture(scope="module")
def expected(base: Path, upper: Path) -> Logits:
    """PEFT's own logits `[T, V]` on the dequantized base."""
    with torch.no_grad():
        model = PeftModel.from_pretrained(load_dequantized(base), upper)
        return np.asarray(model(torch.tensor([TOKENS])).logits[0].numpy(), np.float32)


def files_of(base: Path, kind: str, program: Path) -> EngineFiles:
    opened = QuantizedBase.open(base)
    return EngineFiles("extract", {kind: program}, None, opened.path, opened.sha256, None, 384, 1024, 2, 2, 32)


def relative(a: Logits, b: Logits) -> float:
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def test_layers_that_are_not_adapted_are_not_missing(upper: Path, base: Path, tmp_path: Path) -> None:
    verdicts = inspect_adapter(upper, base)
    assert len(verdicts) == 7
    assert all(v.problem is None and ".layers.1." in v.module for v in verdicts)
    folder = shutil.copytree(upper, tmp_path / "generate")
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | {"layers_to_transform": [0, 1]}))
    with pytest.raises(ExportError, match=r"layers\.0\..*expected lora_A, found none"):
        read_adapter(folder, base)


def test_the_arbiter_equals_torch_and_the_shipped_graph_is_near(
    base: Path, weights: AdapterWeights, expected: Logits, tmp_path: Path
) -> None:
    shutil.copyfile(base / "base.ptd", tmp_path / "base.ptd")
    graph = target.lower(base, weights, tmp_path, "extract").program
    exact = target.lower(base, weights, tmp_path, "exact", accuracy_level=target.ARBITER_ACCURACY).program
    turned = tmp_path / "turned.onnx"
    turned.write_bytes(arbiter_graph(graph.read_bytes()))
    for path in (exact, turned):
        got = open_engine(files_of(base, "onnx", path), "onnx").feed(TOKENS, all_logits=True)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4)
    shipped = open_engine(files_of(base, "onnx", graph), "onnx").feed(TOKENS, all_logits=True)
    assert relative(shipped, expected) < 2e-4  # it rounds activations to 15 bits, and nothing else
    engine = open_engine(files_of(base, "onnx", graph), "onnx", exact=True)
    assert engine.exact_multi_token
    assert relative(engine.feed(TOKENS, all_logits=True), shipped) < 1e-4


def test_the_graph_reads_the_bytes_of_the_base(base: Path, weights: AdapterWeights, tmp_path: Path) -> None:
    shutil.copyfile(base / "base.ptd", tmp_path / "base.ptd")
    model = onnx.load(target.lower(base, weights, tmp_path, "extract").program, load_external_data=False)
    places = {i.name: {e.key: e.value for e in i.external_data} for i in model.graph.initializer}
    entry = QuantizedBase.open(base).tensors["model.layers.0.mlp.down_proj.weight"]
    codes = places["model.layers.0.mlp.down_proj.codes"]
    assert codes == {"location": "base.ptd", "offset": str(entry.codes.offset), "length": str(entry.codes.length)}  # type: ignore[union-attr]
    products = [n for n in model.graph.node if n.op_type == "MatMulIntegerToFloat"]
    assert len(products) == 2 * 5 + 1  # q, k and v are one
    assert {len(n.input) for n in products} == {6}  # ONNX Runtime 1.29 ends the process over five
    assert places["model.embed_tokens.codes"] == places["lm_head.codes"]


def test_the_program_is_linked_as_it_is_lowered_and_near_torch(
    base: Path, weights: AdapterWeights, expected: Logits, tmp_path: Path
) -> None:
    structure = describe(base, weights)
    opened = QuantizedBase.open(base)
    linked = link_program(lower_template(structure), opened, weights)
    assert linked == lower_genuinely(structure, opened, weights)
    program = tmp_path / "extract.pte"
    program.write_bytes(linked)
    got = open_engine(files_of(base, "executorch", program), "executorch").feed(TOKENS, all_logits=True)
    assert 1e-5 < relative(got, expected) < 0.02
