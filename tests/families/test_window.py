"""ONNX Runtime's `local_window_size` and `softcap` against a loop: the window counts the token itself."""

from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

HEADS, GROUPS, SIZE, TOKENS, CAPACITY = 4, 2, 16, 24, 32
SCALE = 0.3
Floats = np.ndarray[Any, np.dtype[np.float32]]


def _session(window: int | None, cap: float | None) -> ort.InferenceSession:
    given: dict[str, Any] = {} if window is None else {"local_window_size": window}
    given |= {} if cap is None else {"softcap": cap}
    inputs = {"q": HEADS, "k": GROUPS, "v": GROUPS}
    node = helper.make_node(
        "GroupQueryAttention", [*inputs, "pk", "pv", "last", "total"], ["out", "nk", "nv"], domain="com.microsoft",
        num_heads=HEADS, kv_num_heads=GROUPS, scale=SCALE, **given,
    )  # fmt: skip
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, "T", h * SIZE]) for n, h in inputs.items()]
    values += [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, GROUPS, "C", SIZE]) for n in ("pk", "pv")]
    values += [helper.make_tensor_value_info(n, TensorProto.INT32, s) for n, s in (("last", [1]), ("total", []))]
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("out", "nk", "nv")]
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(helper.make_graph([node], "g", values, outputs), opset_imports=opsets, ir_version=10)
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def _by_hand(q: Floats, k: Floats, v: Floats, window: int | None, cap: float | None) -> Floats:
    out = np.zeros_like(q)
    for position in range(TOKENS):
        first = 0 if window is None else max(0, position - window + 1)
        for head in range(HEADS):
            group = head * GROUPS // HEADS
            scores = SCALE * k[first : position + 1, group] @ q[position, head]
            scores = scores if cap is None else cap * np.tanh(scores / cap)
            weights = np.exp(scores - scores.max())
            out[position, head] = weights / weights.sum() @ v[first : position + 1, group]
    return out


@pytest.mark.parametrize("cap", [None, 2.0])
@pytest.mark.parametrize("window", [None, 1, 8, TOKENS - 1, TOKENS, 1000])
@pytest.mark.parametrize("feeds", [[TOKENS], [7, 1, 1, 9, 6], [1] * TOKENS], ids=["whole", "mixed", "single"])
def test_the_kernel_equals_a_loop(feeds: list[int], window: int | None, cap: float | None) -> None:
    numbers = np.random.default_rng(0)
    q, k, v = (numbers.standard_normal((TOKENS, n, SIZE), np.float32) * 2 for n in (HEADS, GROUPS, GROUPS))
    session = _session(window, cap)
    past = [ort.OrtValue.ortvalue_from_numpy(np.zeros((1, GROUPS, CAPACITY, SIZE), np.float32)) for _ in range(2)]
    rows, start = [], 0
    for count in feeds:
        binding, end = session.io_binding(), start + count
        for name, values in zip("qkv", (q, k, v), strict=True):
            binding.bind_cpu_input(name, np.ascontiguousarray(values[start:end].reshape(1, count, -1)))
        for side, buffer in zip("kv", past, strict=True):
            binding.bind_ortvalue_input(f"p{side}", buffer)
            binding.bind_ortvalue_output(f"n{side}", buffer)
        binding.bind_cpu_input("last", np.array([end - 1], np.int32))
        binding.bind_cpu_input("total", np.array(end, np.int32))
        binding.bind_output("out")
        session.run_with_iobinding(binding)
        rows.append(binding.get_outputs()[-1].numpy()[0].reshape(count, HEADS, SIZE).copy())
        start = end
    np.testing.assert_allclose(np.concatenate(rows), _by_hand(q, k, v, window, cap), atol=1e-5)
