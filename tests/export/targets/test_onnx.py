"""The ONNX graphs: equal to torch on the dequantized base, adapters swap, linking equals exporting."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from calibration.quantize import quantize_checkpoint
from export.sources.adapter import AdapterWeights, read_adapter
from export.sources.model import load_dequantized
from export.targets.onnx import graph as onnx_graph
from export.targets.onnx import target
from runtime_py import operations
from runtime_py.errors import ExportError
from tests.conftest import write_adapter, write_checkpoint

OPERATIONS = operations.names()
TOKENS = np.random.default_rng(7).integers(0, 384, 24)
ATOL = 1e-4
pytestmark = pytest.mark.slow

Logits = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture(scope="module")
def base(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("quantized") / "base")


@pytest.fixture(scope="module")
def weights(adapters: Path, base: Path) -> dict[str, AdapterWeights]:
    return {name: read_adapter(adapters / name, base) for name in OPERATIONS}


@pytest.fixture(scope="module")
def exported(base: Path, weights: dict[str, AdapterWeights], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All graphs at accuracy level 0, beside the base's data."""
    folder = tmp_path_factory.mktemp("exported")
    shutil.copyfile(base / "base.ptd", folder / "base.ptd")
    for name in OPERATIONS:
        target.lower(base, weights[name], folder, name, accuracy_level=target.ARBITER_ACCURACY)
    target.lower_shared(base, weights, folder, accuracy_level=target.ARBITER_ACCURACY)
    return folder


@pytest.fixture(scope="module")
def expected(base: Path, adapters: Path) -> dict[str, Logits]:
    """Torch's logits `[T, V]` with each adapter (by PEFT, not by us) and without any."""
    import torch
    from peft import PeftModel

    logits = {}
    for name in ("base", *OPERATIONS):
        model = load_dequantized(base)
        if name != "base":
            model = PeftModel.from_pretrained(model, adapters / name)
        with torch.no_grad():
            logits[name] = model(torch.from_numpy(TOKENS)[None]).logits[0].numpy()
    return logits


def _session(graph: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _run(session: ort.InferenceSession, chunks: list[int], adapter: Path | None = None) -> Logits:
    """Feeds TOKENS in chunks, every layer's past and present one buffer; logits of all positions."""
    binding, capacity = session.io_binding(), 64
    bound = []
    if adapter:
        for name, value in ort.AdapterFormat.read_adapter(str(adapter)).get_parameters().items():
            binding._iobinding.bind_ortvalue_input(name, value._ortvalue)
            bound.append(value)
    for value in session.get_inputs():
        if value.name.startswith("past."):
            shape = [capacity if isinstance(n, str) else n for n in value.shape]
            buffer = ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.float32))
            binding.bind_ortvalue_input(value.name, buffer)
            binding.bind_ortvalue_output(value.name.replace("past.", "present."), buffer)
            bound.append(buffer)
    rows, past = [], 0
    for count in chunks:
        binding.bind_cpu_input("tokens", TOKENS[None, past : past + count])
        binding.bind_cpu_input("past_length", np.array([past]))
        binding.bind_cpu_input("logit_positions", np.arange(count))
        binding.bind_output("logits")  # again: the last run's array has the last chunk's length
        session.run_with_iobinding(binding)
        rows.append(binding.get_outputs()[-1].numpy()[0].copy())  # logits was bound last
        past += count
    return np.concatenate(rows)


@pytest.mark.parametrize("chunks", [[24], [10, 1, 1, 1, 5, 6], [1] * 24])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_logits_equal_torch(exported: Path, expected: dict[str, Logits], operation: str, chunks: list[int]) -> None:
    got = _run(_session(exported / f"{operation}.onnx"), chunks)
    np.testing.assert_allclose(got, expected[operation], atol=ATOL)


def test_adapters_swap_on_one_session_and_leave_no_trace(exported: Path, expected: dict[str, Logits]) -> None:
    session = _session(exported / "model.onnx")
    alone = {name: _run(_session(exported / "model.onnx"), [24], _adapter(exported, name)) for name in expected}
    for name in ("base", "extract", "generate", "extract", "base"):
        got = _run(session, [24], _adapter(exported, name))
        np.testing.assert_allclose(got, expected[name], atol=ATOL)
        np.testing.assert_array_equal(got, alone[name])
    assert np.abs(alone["extract"] - alone["base"]).max() > 0.01


@pytest.mark.parametrize("name", ["model", *OPERATIONS])
def test_rows_that_are_asked_for_are_those_of_all_rows(exported: Path, name: str) -> None:
    session = _session(exported / f"{name}.onnx")
    given = {"tokens": TOKENS[None], "past_length": np.array([0])}
    for value in session.get_inputs():
        if value.name.startswith("past."):
            given[value.name] = np.zeros([64 if isinstance(n, str) else n for n in value.shape], np.float32)
    rows = np.array([3, 20])
    some, whole = (session.run(["logits"], given | {"logit_positions": at})[0] for at in (rows, np.arange(24)))
    np.testing.assert_allclose(some[0], whole[0, rows], rtol=1e-5, atol=1e-5)
    present = session.run(["present.1.key"], given | {"logit_positions": rows})[0]
    assert np.abs(present[0, :, :24]).max(axis=(0, 2)).min() > 0  # keys of every token are kept


def test_q_k_and_v_share_a_product_and_a_slot(exported: Path) -> None:
    graph = onnx.load(exported / "model.onnx", load_external_data=False)
    slots = onnx_graph.slots(graph)
    attention = [slot.rpartition(".")[2] for slot in slots if "layers.0.self_attn" in slot]
    assert attention == ["o_proj", "qkv_proj"] or attention == ["qkv_proj", "o_proj"]
    assert sum(node.op_type == "MatMulNBits" for node in graph.graph.node) == 2 * 5 + 1


def _adapter(folder: Path, name: str) -> Path | None:
    return None if name == "base" else folder / f"{name}.onnx_adapter"


def test_the_shipped_level_stays_near(
    base: Path, weights: dict[str, AdapterWeights], exported: Path, expected: dict[str, Logits]
) -> None:
    folder = exported / "shipped"
    folder.mkdir()
    shutil.copyfile(base / "base.ptd", folder / "base.ptd")
    target.lower(base, weights["generate"], folder, "generate")
    got = _run(_session(folder / "generate.onnx"), [24])
    difference = np.linalg.norm(got - expected["generate"]) / np.linalg.norm(expected["generate"])
    assert 0 < difference < 0.03  # int8 rounding of activations: measured 0.01


def test_stock_checks_pass_and_every_big_weight_is_external(exported: Path) -> None:
    for name in ("model", *OPERATIONS):
        onnx.checker.check_model(str(exported / f"{name}.onnx"))
        graph = onnx.load(exported / f"{name}.onnx", load_external_data=False).graph
        inside = [i for i in graph.initializer if i.data_location != onnx.TensorProto.EXTERNAL]
        assert all(name == "model" and ".lora_" in i.name and 0 in i.dims for i in inside)


def test_linking_equals_exporting_for_another_base_and_adapter(
    base: Path, weights: dict[str, AdapterWeights], exported: Path, tmp_path: Path
) -> None:
    checkpoint = write_checkpoint(tmp_path / "checkpoint", seed=5)
    other = quantize_checkpoint(checkpoint, tmp_path / "base")
    adapter = read_adapter(write_adapter(tmp_path / "adapter", checkpoint, "extract", seed=9, rank=4), other)
    fresh = onnx.ModelProto.FromString(target.trace_template(other))
    genuine, linked = (target.link(graph, other, adapter.modules, 4) for graph in (fresh, target.template(base)))
    assert linked[0].SerializeToString(deterministic=True) == genuine[0].SerializeToString(deterministic=True)
    assert linked[1] == genuine[1]


def test_a_foreign_module_is_refused(base: Path) -> None:
    matrix = np.zeros((128, 4), np.float32)
    with pytest.raises(ExportError, match=r"layers\.9"):
        target.lower(base, AdapterWeights({"model.layers.9.mlp.up_proj": (matrix, matrix.T)}), base, "x")


def test_a_template_is_of_todays_code(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One in the cache is older than the package where it was updated in between."""
    asked: list[str] = []
    monkeypatch.setattr(target, "_template", lambda structure, _base: asked.append(structure))
    target.template(base)
    monkeypatch.setattr(target, "sources_sha256", lambda *modules: "changed" if modules == target.TRACED_BY else "")
    target.template(base)
    assert asked[0] != asked[1]
