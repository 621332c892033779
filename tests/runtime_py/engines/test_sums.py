"""Exact sums of bytes: the probe's graph, and what a session is asked for."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from runtime_py.engines.kind import AUTOMATIC
from runtime_py.engines.onnx import session as engine
from runtime_py.engines.onnx.sums import PROBE, are_sums_exact


def made() -> onnx.ModelProto:
    """The probe's graph: `python -m tests.runtime_py.engines.test_sums` writes it."""
    weights = numpy_helper.from_array(np.full((8, 16), 127, np.int8), "b")
    node = helper.make_node("MatMulInteger", ["a", "b"], ["c"])
    given = helper.make_tensor_value_info("a", TensorProto.UINT8, ["M", 8])
    result = helper.make_tensor_value_info("c", TensorProto.INT32, ["M", 16])
    graph = helper.make_graph([node], "sums", [given], [result], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10, producer_name="memlora")


def test_the_probe_is_the_graph_that_is_described() -> None:
    onnx.checker.check_model(made())
    assert PROBE.read_bytes() == made().SerializeToString()


def test_sums_that_run_over_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow:
        """Adds pairs of products in 16 bits, as x86 without VNNI does, where there are several rows."""

        def __init__(self, *_given: Any, **_named: Any) -> None: ...

        def run(self, _names: None, given: dict[str, Any]) -> list[Any]:
            products = given["a"].astype(np.int32)[:, :, None] * np.full((8, 16), 127, np.int32)
            pairs = products.reshape(len(products), 4, 2, 16).sum(axis=2)
            return [(np.clip(pairs, -32768, 32767) if len(products) > 1 else pairs).sum(axis=1, dtype=np.int32)]

    monkeypatch.setattr(ort, "InferenceSession", Narrow)
    assert are_sums_exact.__wrapped__() is False


@pytest.mark.parametrize(("takes", "exact", "asked"), [(True, False, True), (True, True, False), (False, False, False)])
def test_a_session_asks_for_exact_sums_where_it_needs_them(
    takes: bool, exact: bool, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []

    class Options(ort.SessionOptions):  # type: ignore[misc]
        def add_session_config_entry(self, key: str, value: str) -> None:
            found.append(f"{key}={value}")

    monkeypatch.setattr(ort, "SessionOptions", Options)
    monkeypatch.setattr(engine, "are_sums_exact", lambda: exact)
    engine.open_session(PROBE, AUTOMATIC, takes)
    assert found == (["session.x64quantprecision=1"] if asked else [])


@pytest.mark.skipif(not Path("/proc/cpuinfo").is_file(), reason="no /proc/cpuinfo says what the processor has")
def test_sums_are_exact_with_vnni_alone_where_there_is_avx2() -> None:
    flags = set(Path("/proc/cpuinfo").read_text("utf-8").split())
    if "avx2" not in flags:
        pytest.skip("the processor has no AVX2, whose sums run over")
    assert are_sums_exact() is bool(flags & {"avx512_vnni", "avx_vnni"})


def test_with_the_option_sums_are_exact_everywhere() -> None:
    options = ort.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = ort.InferenceSession(PROBE, options, providers=["CPUExecutionProvider"])
    rows = np.full((17, 8), 255, np.uint8)
    assert (session.run(None, {"a": rows})[0] == 8 * 255 * 127).all()


if __name__ == "__main__":
    Path(PROBE).write_bytes(made().SerializeToString())
