"""A base of int8 beside int4 matrices: torch, arbiter, shipped graph and program compute the same from its bytes."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from peft import PeftModel

from calibration.quantize import quantize_checkpoint
from export.sources.adapter import read_adapter
from export.sources.model import load_dequantized
from export.targets.executorch.link import describe, link_program, lower_genuinely, lower_template
from export.targets.onnx import target
from runtime_py.engines import open_engine
from runtime_py.engines.engine import EngineFiles
from runtime_py.weights import QuantizedBase

TOKENS = np.random.default_rng(11).integers(0, 384, 40).tolist()
QKV = [f"model.layers.0.self_attn.{x}_proj.weight" for x in "qkv"]


@pytest.mark.parametrize(
    ("int8", "products"),
    [
        (["model.embed_tokens.weight", *QKV, "model.layers.1.mlp.down_proj.weight"], 3),
        (["model.layers.1.self_attn.q_proj.weight"], 1),  # packed with neither k nor v
    ],
)
def test_the_graph_computes_what_torch_does(
    checkpoint: Path, adapters: Path, tmp_path: Path, int8: Sequence[str], products: int
) -> None:
    base = quantize_checkpoint(checkpoint, tmp_path / "base", bits=4, int8=int8)
    opened, weights = QuantizedBase.open(base), read_adapter(adapters / "generate", base)
    with torch.no_grad():
        model = PeftModel.from_pretrained(load_dequantized(base), adapters / "generate")
        expected = model(torch.tensor([TOKENS])).logits[0].numpy()
    shutil.copyfile(base / "base.ptd", tmp_path / "base.ptd")
    errors = {}
    for name, level in (("extract", target.SHIPPED_ACCURACY), ("exact", target.ARBITER_ACCURACY)):
        program = target.lower(base, weights, tmp_path, name, accuracy_level=level).program
        files = EngineFiles("extract", {"onnx": program}, None, opened.path, opened.sha256, None, 384, 1024, 2, 2, 32)
        got = open_engine(files, "onnx").feed(TOKENS, all_logits=True)
        errors[name] = float(np.linalg.norm(got - expected) / np.linalg.norm(expected))
    graph = onnx.load(tmp_path / "extract.onnx", load_external_data=False).graph
    assert sum(node.op_type == "MatMulIntegerToFloat" for node in graph.node) == products
    assert any(node.op_type == "MatMulNBits" for node in graph.node)
    assert errors["exact"] < 1e-5
    assert errors["extract"] < 0.03  # int4 products round their inputs to int8 in blocks


@pytest.mark.slow
def test_the_program_is_linked_as_it_is_lowered_and_near_torch(
    checkpoint: Path, adapters: Path, tmp_path: Path
) -> None:
    base = quantize_checkpoint(checkpoint, tmp_path / "base", bits=4, int8=["model.embed_tokens.weight", *QKV])
    opened, weights = QuantizedBase.open(base), read_adapter(adapters / "generate", base)
    structure = describe(base, weights)
    linked = link_program(lower_template(structure), opened, weights)
    assert linked == lower_genuinely(structure, opened, weights)
    program = tmp_path / "extract.pte"
    program.write_bytes(linked)
    kind = "executorch"
    files = EngineFiles("extract", {kind: program}, None, opened.path, opened.sha256, None, 384, 1024, 2, 2, 32)
    got = open_engine(files, kind).feed(TOKENS, all_logits=True)
    with torch.no_grad():
        model = PeftModel.from_pretrained(load_dequantized(base), adapters / "generate")
        expected = model(torch.tensor([TOKENS])).logits[0].numpy()
    assert 1e-5 < float(np.linalg.norm(got - expected) / np.linalg.norm(expected)) < 0.02
