"""q, k and v share a slot: stacking, taking apart again, and what is refused."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime_py.errors import BundleError
from runtime_py.weights import Int4Tensor, QuantizedBase
from runtime_py.weights.adapter_slots import Pair, members, stack, unstack
from tests.bundles.parts import HIDDEN, write_base

LAYER = "model.layers.0.self_attn"
SLOT = f"{LAYER}.qkv_proj"
Q, K, V = members(SLOT)
RANKS = {Q: 3, K: 1, V: 3}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> QuantizedBase:
    folder = tmp_path_factory.mktemp("base")
    write_base(folder)
    return QuantizedBase.open(folder)


def shapes(base: QuantizedBase) -> dict[str, tuple[int, int]]:
    return {n.removesuffix(".weight"): t.shape for n, t in base.tensors.items() if isinstance(t, Int4Tensor)}


def random_pairs(base: QuantizedBase, modules: list[str]) -> dict[str, Pair]:
    random, sizes = np.random.default_rng(0), shapes(base)
    a = {m: random.standard_normal((sizes[m][1], RANKS[m])).astype(np.float32) for m in modules}
    return {m: (a[m], random.standard_normal((RANKS[m], sizes[m][0])).astype(np.float32)) for m in modules}


def stacked(base: QuantizedBase, pairs: dict[str, Pair]) -> dict[str, NDArray[np.floating]]:
    down, up = stack(SLOT, pairs, shapes(base))
    return {f"{SLOT}.lora_A": down, f"{SLOT}.lora_B": up}


@pytest.mark.parametrize("modules", [[Q, V], [Q, K, V], [K], [V, Q]])
def test_a_slot_adds_what_its_members_add_and_gives_them_back(base: QuantizedBase, modules: list[str]) -> None:
    pairs, sizes = random_pairs(base, modules), shapes(base)
    tensors = stacked(base, pairs)
    x = np.random.default_rng(1).standard_normal((5, HIDDEN)).astype(np.float32)
    alone = [x @ pairs[m][0] @ pairs[m][1] if m in pairs else np.zeros((5, sizes[m][0])) for m in (Q, K, V)]
    together = x @ tensors[f"{SLOT}.lora_A"] @ tensors[f"{SLOT}.lora_B"]
    np.testing.assert_allclose(together, np.concatenate(alone, axis=1), rtol=1e-4, atol=1e-4)
    back = unstack("extract.onnx_adapter", tensors, {m: RANKS[m] for m in modules}, base)
    assert set(back) == set(modules)
    for module, pair in pairs.items():
        np.testing.assert_array_equal(back[module][0], pair[0])
        np.testing.assert_array_equal(back[module][1], pair[1])


def test_other_ranks_than_those_of_the_slot_are_refused(base: QuantizedBase) -> None:
    tensors = stacked(base, random_pairs(base, [Q, K]))
    with pytest.raises(BundleError, match="zero off the diagonal"):
        unstack("extract.onnx_adapter", tensors, {Q: 1, K: 3}, base)
    with pytest.raises(BundleError, match=r"lora_A \[64, 5\], got \[64, 4\]"):
        unstack("extract.onnx_adapter", tensors, {Q: 3, K: 2}, base)


def test_without_members_a_slot_has_rank_zero(base: QuantizedBase) -> None:
    down, up = stack(SLOT, {}, shapes(base))
    assert (down.shape, up.shape) == ((HIDDEN, 0), (0, sum(shapes(base)[m][0] for m in (Q, K, V))))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t[f"{SLOT}.lora_B"].__setitem__((0, -1), 1.0), "zero off the diagonal"),
        (lambda t: t[f"{SLOT}.lora_A"].__setitem__((0, 0), np.nan), "finite numbers"),
        (lambda t: t.pop(f"{SLOT}.lora_B"), "expected the tensor"),
        (lambda t: t.update({f"{SLOT}.lora_A": t[f"{SLOT}.lora_A"][:, 1:]}), r"expected .*lora_A \[64, 6\]"),
        (lambda t: t.update({f"{LAYER}.o_proj.lora_A": t[f"{SLOT}.lora_A"]}), "only its targets' tensors"),
    ],
)
def test_a_changed_slot_is_refused(
    base: QuantizedBase, change: Callable[[dict[str, NDArray[np.floating]]], object], reason: str
) -> None:
    tensors = stacked(base, random_pairs(base, [Q, V]))
    change(tensors)
    with pytest.raises(BundleError, match=reason):
        unstack("extract.onnx_adapter", tensors, {Q: 3, V: 3}, base)


@pytest.mark.parametrize("module", ["model.layers.9.self_attn.q_proj", SLOT])
def test_a_module_that_the_base_has_not_is_refused(base: QuantizedBase, module: str) -> None:
    tensors = stacked(base, random_pairs(base, [Q, V]))
    with pytest.raises(BundleError, match=f"modules of this base, got {module}"):
        unstack("extract.onnx_adapter", tensors, {module: 3}, base)


def test_a_target_that_is_a_slot_of_others_is_refused(base: QuantizedBase) -> None:
    fused = replace(base, tensors={**base.tensors, f"{SLOT}.weight": base.tensors[f"{Q}.weight"]})
    tensors = stacked(base, random_pairs(base, [Q, V]))
    with pytest.raises(BundleError, match=f"modules with slots of their own, got {SLOT}"):
        unstack("extract.onnx_adapter", tensors, {SLOT: 6}, fused)
