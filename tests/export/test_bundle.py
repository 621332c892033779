"""A whole bundle of random weights: parity, refusal of every changed file, linking, merging, stock tools."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import export.bundle
from calibration.quantize import quantize_checkpoint
from export.bundle import BundleConfig, OperationSource, export_bundle, find_adapters
from export.link import link_adapter, replace_adapter
from export.sources.adapter import adapter_identity, read_adapter
from export.sources.merge import write_merged_checkpoint
from export.targets import target
from memlora_cli.main import main
from runtime_py import operations
from runtime_py.bundle.bundle import Bundle
from runtime_py.engines.qnn.session import CPU
from runtime_py.errors import BundleError, ExportError, ParityError
from tests.conftest import write_adapter
from tests.shown import show, within

Exported = tuple[Path, list[dict[str, Any]]]
pytestmark = pytest.mark.slow


def test_every_leg_passes_for_every_operation(exported: Exported) -> None:
    _, rows = exported
    assert sorted((row["operation"], row["leg"]) for row in rows) == sorted(
        (operation, leg) for operation in operations.names() for leg in ("executorch", "onnx", "torch_arbiter")
    )
    assert all(row["passed"] for row in rows)
    for row in (row for row in rows if row["leg"] in target.names()):
        show(row["leg"], "int4, an adapter each", row["operation"], "run", CPU, within(row["leg"]))
    assert sum(row["steps"] for row in rows if row["leg"] == "torch_arbiter") >= 2000
    assert all(row["equal_steps"] == row["steps"] for row in rows if row["leg"] == "torch_arbiter")


def test_any_changed_byte_is_refused_by_name(exported: Exported, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(exported[0], copy)
    seed = np.random.SeedSequence().entropy
    sys.stderr.write(f"seed {seed}\n")
    random = np.random.default_rng(seed)
    for path in sorted(p for p in copy.rglob("*") if p.is_file()):
        good = path.read_bytes()
        at = int(random.integers(len(good)))
        path.write_bytes(good[:at] + bytes([good[at] ^ 1 << int(random.integers(8))]) + good[at + 1 :])
        with pytest.raises(BundleError) as refusal:
            Bundle.open(copy)
        assert path.name in str(refusal.value)
        path.write_bytes(good)
    assert Bundle.open(copy).operations == operations.names()


def test_both_embedders_of_a_bundle_agree(exported: Exported) -> None:
    bundle = Bundle.open(exported[0])
    vectors = [bundle.embedder(kind).embed(["Maria lives in Kluvo", "ok"]) for kind in ("onnx", "executorch")]
    assert (vectors[0] * vectors[1]).sum(axis=1).min() >= 0.997


def test_verify_replays_the_goldens(exported: Exported, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(exported[0]), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 6
    assert all(row["passed"] and row["adapter_effect"] > 0.1 for row in rows)


def test_verify_of_a_changed_bundle_says_which_file(
    exported: Exported, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(exported[0], copy)
    golden = copy / "goldens" / "update.safetensors"
    golden.write_bytes(golden.read_bytes()[:-1] + b"\x01")
    assert main(["verify", str(copy)]) == 2
    assert "goldens/update.safetensors" in capsys.readouterr().err


def test_adapters_swap_without_a_trace(exported: Exported) -> None:
    """A, then B, then A, then the base gives what each gives alone."""
    prompt = [3, 5, 8, 13, 21]

    def logits(bundle: Bundle, name: str, adapter: bool = True) -> Any:
        return bundle.open_engine(name, "onnx", adapter).feed(prompt)

    order = [("extract", True), ("update", True), ("extract", True), ("extract", False)]
    alone = [logits(Bundle.open(exported[0], verify=False), *which) for which in order]
    together = Bundle.open(exported[0], verify=False)
    swapped = [logits(together, *which) for which in order]
    assert all(np.array_equal(a, b) for a, b in zip(alone, swapped, strict=True))
    assert not np.allclose(swapped[0], swapped[3])


def test_link_gives_the_genuine_export(exported: Exported, base: Path, checkpoint: Path, tmp_path: Path) -> None:
    other = write_adapter(tmp_path / "extract", checkpoint, "extract", seed=9)
    linked = tmp_path / "linked"
    link_adapter(exported[0], other, "extract", linked, lambda _stage: None)
    weights = read_adapter(other, base)
    genuine = tmp_path / "genuine"
    genuine.mkdir()
    for name in target.plain_names():
        lower = target.get(name).lower
        assert lower is not None
        lower(base, weights, genuine, "extract")
    for name in ("extract.onnx", "extract.onnx_adapter", "extract.pte"):
        assert (linked / name).read_bytes() == (genuine / name).read_bytes()
        holds_the_adapter = name != "extract.onnx"  # the graph points into the adapter's file
        assert ((linked / name).read_bytes() != (exported[0] / name).read_bytes()) == holds_the_adapter
    identity = Bundle.open(linked).operation("extract").adapter_sha256
    assert identity == adapter_identity(other) != Bundle.open(exported[0]).operation("extract").adapter_sha256
    rows = json.loads((linked / "parity.json").read_text("utf-8"))
    assert len(rows) == 9
    assert all(row["passed"] for row in rows)


def test_an_adapter_of_another_structure_is_not_linked(
    exported: Exported, base: Path, checkpoint: Path, tmp_path: Path
) -> None:
    other = write_adapter(tmp_path / "generate", checkpoint, "generate", seed=9)
    copy = tmp_path / "copy"
    shutil.copytree(exported[0], copy)
    with pytest.raises(ExportError, match="cannot link extract: expected"):
        replace_adapter(copy, "extract", read_adapter(other, base))


def test_merged_bundle(base: Path, adapters: Path, tmp_path: Path) -> None:
    found = find_adapters(adapters)
    sources = {}
    for name, adapter in found.items():
        checkpoint = write_merged_checkpoint(base, adapter, tmp_path / name / "checkpoint")
        merged = quantize_checkpoint(checkpoint, tmp_path / name / "base")
        sources[name] = OperationSource(merged, adapter, base)
    rows = export_bundle(sources, tmp_path / "bundle", BundleConfig("merged"), lambda _stage: None)
    assert len(rows) == 9
    assert all(row["passed"] for row in rows)
    opened = Bundle.open(tmp_path / "bundle")
    assert opened.manifest.packaging == "merged"
    assert len({opened.engine_files(name).base for name in opened.operations}) == 3


def test_a_bundle_for_executorch_alone_is_proved_too(
    exported: Exported, base: Path, adapters: Path, tmp_path: Path
) -> None:
    sources = {"extract": OperationSource(base, find_adapters(adapters)["extract"])}
    config = BundleConfig("phone", ("executorch",), golden_prompts=16)  # of four, one near tie is too much
    rows = export_bundle(sources, tmp_path / "bundle", config, lambda _stage: None)
    assert sorted(row["leg"] for row in rows) == ["executorch", "torch_arbiter"]
    assert all(row["passed"] for row in rows)
    assert not [path for path in (tmp_path / "bundle").rglob("*.onnx") if path.name != "embed.onnx"]
    program = (tmp_path / "bundle" / "extract.pte").read_bytes()
    assert program == (exported[0] / "extract.pte").read_bytes()


def test_no_parity_no_bundle(
    base: Path, adapters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exported: Exported
) -> None:
    failed = {**exported[1][0], "passed": False, "differences": [{"message": "planted"}]}
    monkeypatch.setattr(export.bundle, "prove", lambda *_given: [failed])
    sources = {"extract": OperationSource(base, find_adapters(adapters)["extract"])}
    with pytest.raises(ParityError, match="planted; no bundle was written"):
        export_bundle(sources, tmp_path / "bundle", BundleConfig("x", ("onnx",)), lambda _stage: None)
    assert list(tmp_path.iterdir()) == []


def test_stock_tools_accept_the_graphs(exported: Exported) -> None:
    from executorch.runtime import Runtime

    bundle = exported[0]
    for name in ("model", *operations.names()):
        onnx.checker.check_model(str(bundle / f"{name}.onnx"))
        session = onnxruntime.InferenceSession(str(bundle / f"{name}.onnx"), providers=["CPUExecutionProvider"])
        assert session.get_outputs()[0].name == "logits"
    import executorch.extension.llm.custom_ops.custom_ops  # operators that the programs call
    import executorch.kernels.quantized  # noqa: F401

    for name in operations.names():
        program = Runtime.get().load_program(bundle / f"{name}.pte", data_path=bundle / "base.ptd")
        assert "forward" in program.method_names
