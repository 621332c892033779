"""Templates are kept, shared and replaced when damaged; linking refuses what does not fit. Nothing is lowered here."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from calibration.quantize import quantize_checkpoint
from export.lowered import templates
from export.lowered.templates import Blob, Slot, Template, get_template
from export.machine.cache import cache_folder, cached
from export.sources.adapter import AdapterWeights
from export.targets.executorch.kernels import Int4Embedding, Norm, QuantizedLinear, replaced_norm, unpack
from export.targets.executorch.link import Structure, describe, link_program
from export.targets.executorch.lower import check_delegated, check_kernels, settle_views
from export.targets.executorch.processes import lower_side_by_side
from runtime_py.errors import ExportError
from runtime_py.weights.base import QuantizedBase

NORM = "model.norm.weight"
MODULE = "model.layers.0.self_attn.q_proj"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("base") / "base")


def structure(context: int = 64) -> Structure:
    return Structure({"model_type": "qwen2"}, {}, 32, [], context, 64, 32, {"torch": "2"})


def make_template(of: Structure) -> Template:
    """A pretended program: one key of the base, one LoRA pair with its keys and bytes."""
    a, b = b"\2" * (128 * 8 * 4), bytes(range(256)) * 16
    blobs = [Blob(NORM, "raw", b"\1" * 4, 128, outside=True), Blob(MODULE, "lora_A", a), Blob(MODULE, "lora_B", b)]
    keys = [blob.key.encode() for blob in blobs]
    return Template.of(of.key, b"head" + b"".join(keys) + a + b + keys[0], blobs)


def random_adapter(seed: int, rank: int = 8, module: str = MODULE) -> AdapterWeights:
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(128, rank)), random.normal(size=(rank, 128))
    return AdapterWeights({module: (a.astype(np.float32), b.astype(np.float32))})


def test_a_structure_is_lowered_once_and_a_damaged_file_again(tmp_path: Path) -> None:
    lowered = []

    def get(of: Structure) -> Template:
        def lower() -> Template:
            lowered.append(of)
            return make_template(of)

        return get_template(of.key, lower, tmp_path)

    first = get(structure())
    assert get(structure()) == first
    assert len(lowered) == 1
    get(structure(context=32))
    assert len(lowered) == 2
    (file,) = tmp_path.glob(f"{structure().key}.*")
    whole = file.read_bytes()
    for damaged in (b"", whole[:100], whole[:-1], whole[:-1] + b"?"):
        file.write_bytes(damaged)
        assert get(structure()) == first
        assert file.read_bytes() == whole
    assert len(lowered) == 6


def test_what_is_cached_is_made_once_and_a_damaged_file_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMLORA_CACHE", str(tmp_path))
    made: list[bytes] = []

    def get(depends_on: int) -> bytes:
        def make() -> bytes:
            made.append(b"made")
            return b"made"

        return cached("thing", {"depends_on": depends_on}, make)

    assert (get(1), get(1), get(2), len(made)) == (b"made", b"made", b"made", 2)
    for file in cache_folder().iterdir():
        file.write_bytes(file.read_bytes()[:-1])
    assert (get(1), get(1), len(made)) == (b"made", b"made", 3)


@pytest.mark.slow
def test_what_a_process_beside_refuses_is_told(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMLORA_CACHE", str(tmp_path))
    known = describe(base, None)
    foreign = [replace(known, ranks={f"model.layers.9.mlp.up_proj{i}": 4}) for i in range(3)]
    with pytest.raises(ExportError, match=r"cannot place the adapter: .*layers\.9"):
        lower_side_by_side(foreign, at_once=2)
    assert not list(tmp_path.rglob("*.template"))


def test_a_template_of_another_structure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="wrong template"):
        get_template(structure().key, lambda: make_template(structure(context=1)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEMLORA_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path / "templates"


def test_a_shipped_template_is_taken_before_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = make_template(structure())
    (tmp_path / f"{structure().key}.template").write_bytes(kept.to_bytes())
    monkeypatch.setattr(templates, "SHIPPED", tmp_path)
    assert get_template(structure().key, lambda: pytest.fail("lowered"), tmp_path / "cache") == kept
    assert not (tmp_path / "cache").exists()


def test_a_blob_in_the_wrong_place_is_refused() -> None:
    for program, outside in ((b"", False), (b"abcd-abcd", False), (b"abcd", True)):
        with pytest.raises(ExportError, match="expected its bytes"):
            Template.of("key", program, [Blob("x", "codes", b"abcd", outside=outside)])


def test_structures_differ_by_rank_placement_and_context(base: Path) -> None:
    told = [
        describe(base, None),
        describe(base, random_adapter(0)),
        describe(base, random_adapter(0, rank=4)),
        describe(base, random_adapter(0, module="model.layers.1.self_attn.q_proj")),
        describe(base, random_adapter(0), context=128),
    ]
    assert len({s.key for s in told}) == len(told)
    assert describe(base, random_adapter(1)).key == told[1].key


def test_linking_writes_bytes_and_every_key(base: Path) -> None:
    opened, adapter = QuantizedBase.open(base), random_adapter(3)
    linked = link_program(make_template(structure()), opened, adapter)
    a, b = (np.ascontiguousarray(m.T).tobytes() for m in adapter.modules[MODULE])
    norm = hashlib.sha256(opened.tensor(NORM).tobytes()).hexdigest().encode()
    keys = [hashlib.sha256(data).hexdigest().encode() for data in (a, b)]
    assert linked == b"head" + norm + keys[0] + keys[1] + a + b + norm


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        (None, "expected an adapter for 'model.layers.0.self_attn.q_proj', got none"),
        (
            random_adapter(0, module="model.layers.0.mlp.up_proj"),
            "expected no adapter for 'model.layers.0.mlp.up_proj'",
        ),
        (random_adapter(0, rank=4), "lora_A: expected 4096 bytes, got 2048"),
    ],
)
def test_an_adapter_of_another_structure_is_refused(base: Path, adapter: AdapterWeights | None, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        link_program(make_template(structure()), QuantizedBase.open(base), adapter)


def test_a_base_of_another_structure_is_refused(base: Path) -> None:
    template = make_template(structure())
    for slot in (Slot(NORM, "codes", (), None, 0), Slot("model.other", "raw", (), None, 0)):
        with pytest.raises(ExportError, match="cannot link"):
            link_program(Template(template.structure_key, (slot,), b""), QuantizedBase.open(base), None)


def test_leaves_equal_plain_torch(base: Path) -> None:
    opened = QuantizedBase.open(base)
    name = "model.embed_tokens.weight"
    codes, scales = torch.from_numpy(np.array(opened.codes(name))), torch.from_numpy(opened.scales(name)).bfloat16()
    dense = torch.from_numpy(opened.dequantize(name))
    tokens = torch.tensor([[0, 5, 383, 5]])
    torch.testing.assert_close(
        Int4Embedding(codes, scales)(tokens), nn.functional.embedding(tokens, dense), rtol=0, atol=0
    )
    values = unpack(codes).float() * scales.float().repeat_interleave(opened.group_size, 1)
    torch.testing.assert_close(values, dense, rtol=0, atol=0)
    x = torch.randn(1, 7, 128, generator=torch.Generator().manual_seed(1))
    error = (QuantizedLinear(codes, scales, None)(x) - x @ dense.T).norm() / (x @ dense.T).norm()
    assert 1e-4 < error < 1e-2  # only the activations' 8 bits
    norm = Norm(torch.rand(128) + 0.5, 1e-6)
    torch.testing.assert_close(norm(x), nn.functional.rms_norm(x, (128,), norm.weight, 1e-6))


def test_a_norm_that_computes_something_else_is_refused() -> None:
    class OffsetRMSNorm(nn.RMSNorm):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * 2

    weight = torch.rand(8)
    assert isinstance(replaced_norm("norm", nn.RMSNorm(8, eps=1e-6), weight), Norm)
    with pytest.raises(ExportError, match="another norm in OffsetRMSNorm"):
        replaced_norm("norm", OffsetRMSNorm(8, eps=1e-6), weight)


def test_a_heavy_operator_outside_a_delegate_is_refused() -> None:
    program = torch.export.export(nn.Linear(4, 4), (torch.zeros(1, 4),))
    with pytest.raises(ExportError, match="got linear outside"):
        check_delegated(program)


def test_an_operator_without_a_kernel_is_refused() -> None:
    check_kernels(["aten::embedding.out", "llama::custom_sdpa.out"])
    with pytest.raises(ExportError, match="got aten::no_such_operator"):
        check_kernels(["aten::embedding.out", "aten::no_such_operator.out"])


def test_views_are_settled_where_one_length_is_free() -> None:
    class Reshape(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.view(*x.shape[:-1], -1, 4)

    shapes = ({1: torch.export.Dim("T", min=1, max=8)},)
    exported = torch.export.export(Reshape(), (torch.zeros(1, 5, 8),), dynamic_shapes=shapes).run_decompositions({})
    module = exported.module()
    settle_views(module)
    (view,) = [n for n in module.graph.nodes if n.target is torch.ops.aten.view.default]
    assert view.args[1] == [1, -1, 2, 4]
    assert module(torch.zeros(1, 3, 8)).shape == (1, 3, 2, 4)
