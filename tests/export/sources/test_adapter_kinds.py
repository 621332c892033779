"""Adapters as PEFT writes them: some layers only, ranks and scales by pattern, rsLoRA, modules taken out.

What each linear gets is compared with PEFT's own delta, and what a bundle computes with PEFT's own model.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration.quantize import quantize_checkpoint
from export.sources.adapter import inspect_adapter, read_adapter
from export.sources.model import load_dequantized
from export.targets.onnx.target import ARBITER_ACCURACY
from runtime_py.parity.comparator import LEGS, relative_error
from tests.conftest import write_checkpoint
from tests.families.legs import Exported

EVERY = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
UPPER = {"r": 16, "lora_alpha": 32, "target_modules": EVERY, "layers_to_transform": [2, 3]}
KINDS: dict[str, dict[str, Any]] = {
    "the upper layers": UPPER,
    "one layer": {"target_modules": ["v_proj", "down_proj"], "layers_to_transform": 1, "layers_pattern": "layers"},
    "layers of a list by name": {
        "target_modules": EVERY,
        "layers_to_transform": [0],
        "layers_pattern": ["h", "layers"],
    },
    "ranks by end and by layer": {
        "r": 8,
        "target_modules": EVERY,
        "rank_pattern": {"q_proj": 2, r"layers\.1\.mlp\.up_proj": 5, "model.layers.3.self_attn.k_proj": 16},
    },
    "scales by pattern": {"target_modules": EVERY, "alpha_pattern": {"v_proj": 3, r".*\.2\..*": 64}},
    "rsLoRA": {"r": 16, "target_modules": ["q_proj", "v_proj"], "use_rslora": True},
    "rsLoRA with patterns": {
        "use_rslora": True,
        "target_modules": "all-linear",
        "rank_pattern": {"o_proj": 4},
        "alpha_pattern": {"down_proj": 1.5},
    },
    "all linears but some": {"target_modules": "all-linear", "exclude_modules": ["o_proj", "layers.0.mlp.up_proj"]},
    "but what a regex takes out": {"target_modules": EVERY[:3], "exclude_modules": r".*layers\.0\..*"},
    "a regex": {"target_modules": r".*layers\.[13]\.(self_attn|mlp)\.(k|down)_proj"},
}


def _write(folder: Path, base: Path, settings: dict[str, Any], seed: int = 0) -> Path:
    """A random PEFT adapter, trained to be no no-op."""
    import torch
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(load_dequantized(base), LoraConfig(**settings, task_type="CAUSAL_LM"))
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.copy_(torch.randn_like(parameter) * 0.06)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kinds")
    return quantize_checkpoint(write_checkpoint(folder / "checkpoint", seed=4, layers=4), folder / "base")


def _deltas(base: Path, adapter: Path) -> dict[str, Any]:
    """Module path -> what PEFT adds to its weight `[N, K]`."""
    from peft import PeftModel

    model = PeftModel.from_pretrained(load_dequantized(base), adapter)
    layers = {n: m for n, m in model.base_model.model.named_modules() if hasattr(m, "get_delta_weight")}
    return {name: layer.get_delta_weight("default").detach().numpy() for name, layer in layers.items() if layer.r}


@pytest.mark.parametrize("kind", KINDS)
def test_every_linear_gets_what_peft_gives_it(base: Path, tmp_path: Path, kind: str) -> None:
    adapter = _write(tmp_path / "adapter", base, KINDS[kind])
    verdicts = inspect_adapter(adapter, base)
    assert [v for v in verdicts if v.problem] == []
    weights, expected = read_adapter(adapter, base), _deltas(base, adapter)
    assert set(weights.modules) == set(expected) == {v.module for v in verdicts}
    assert 0 < len(expected) <= 28
    for module, (a, b) in weights.modules.items():
        np.testing.assert_allclose((a @ b).T, expected[module], rtol=1e-5, atol=1e-6)


def test_adapters_are_only_where_the_settings_say(base: Path, tmp_path: Path) -> None:
    upper = read_adapter(_write(tmp_path / "upper", base, UPPER), base).ranks
    assert upper == dict.fromkeys(upper, 16)
    assert {int(re.findall(r"\d+", module)[0]) for module in upper} == {2, 3}
    ranks = read_adapter(_write(tmp_path / "ranks", base, KINDS["ranks by end and by layer"]), base).ranks
    assert ranks["model.layers.2.self_attn.q_proj"] == 2
    assert ranks["model.layers.1.mlp.up_proj"] == 5
    assert (ranks["model.layers.3.self_attn.k_proj"], ranks["model.layers.2.self_attn.k_proj"]) == (16, 8)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["the upper layers", "ranks by end and by layer", "rsLoRA with patterns"])
def test_the_arbiter_computes_what_peft_computes(base: Path, tmp_path: Path, kind: str) -> None:
    exported = Exported("Qwen2.5", "extract", base, _write(tmp_path / "adapter", base, KINDS[kind]))
    tokens = np.random.default_rng(1).integers(3, 384, 40).tolist()
    got = exported.engine("onnx", ARBITER_ACCURACY).feed(tokens, all_logits=True)
    assert relative_error(exported.torch_logits(tokens), got) < LEGS["torch_arbiter"].max_relative_error
    without = exported.engine("onnx", ARBITER_ACCURACY, adapter=False).feed(tokens, all_logits=True)
    assert relative_error(without, got) > 0.01
