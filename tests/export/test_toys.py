"""A toy operation through a toy target: lowered, proved, packed, opened, verified, and run, with no edit elsewhere."""

import json
from pathlib import Path

import pytest

from export.bundle import BundleConfig, OperationSource, export_bundle
from memlora_cli.main import main
from runtime_py.bundle import Bundle, Experts
from tests.conftest import TINY
from tests.toys import toy, toy_target

__all__ = ["toy", "toy_target"]
pytestmark = pytest.mark.slow


def test_a_toy_operation_goes_into_a_bundle_by_a_toy_target(
    toy: str, toy_target: str, tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trained expert stands in for the toy's: random ones have too many near ties for the real tolerances."""
    source = OperationSource(tiny_base, TINY / "adapters" / "extract")
    config = BundleConfig("toys", ("onnx", toy_target))
    rows = export_bundle({toy: source}, tmp_path / "bundle", config, lambda _stage: None)
    assert [(row["leg"], row["passed"]) for row in rows] == [
        ("torch_arbiter", True), ("onnx", True), (toy_target, True)
    ]  # fmt: skip

    bundle = Bundle.open(tmp_path / "bundle")
    assert bundle.operations == [toy]
    assert bundle.operation(toy).programs == {"onnx": f"{toy}.onnx", toy_target: f"{toy}.{toy_target}"}
    said = {kind: Experts(bundle, kind).complete(toy, "Hello!") for kind in ("onnx", toy_target)}
    assert said["onnx"] == said[toy_target]
    assert said[toy_target][0] in ('{"tone":"loud"}', '{"tone":"calm"}')

    capsys.readouterr()
    assert main(["verify", str(bundle.path), "--engine", toy_target, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["operation"], row["leg"], row["passed"]) == (toy, toy_target, True)
    assert row["adapter_effect"] > 0.1
