"""Every family through quantizing and exporting: both runtimes say what Hugging Face eager says on the same base."""

from pathlib import Path

import numpy as np
import pytest
import torch

from export.sources.adapter import read_adapter
from export.sources.model import read_config
from export.targets.executorch.model import build_program
from export.targets.executorch.weights import BaseWeights
from export.targets.onnx import target as onnx
from export.targets.onnx.target import ARBITER_ACCURACY
from runtime_py.engines import Engine
from runtime_py.engines.engine import Logits
from runtime_py.parity.comparator import LEGS, relative_error
from runtime_py.weights.base import QuantizedBase
from tests.families.legs import STEPS, Exported
from tests.families.models import CONTEXT, MODELS, WINDOW

pytestmark = pytest.mark.slow

LOWERED = ("Qwen2.5", "Gemma 2", "Gemma 3")
"""A minute each: those whose programs have masks, soft caps or 1 + w norms. docs/models.md has them all."""
# One operation for each, so that adapters on q and v and on all linears both occur on windows and caps.
OPERATIONS = {"SmolLM2": "extract", "Llama 3.2": "generate", "Qwen2.5": "update", "Gemma 2": "generate"}
FEEDS = (30, 1, 1, 17, 40, 1)
"""Tokens of each feed: beyond the window at once, then single and several ones after a past."""
TOKENS: list[int] = np.random.default_rng(1).integers(3, 384, sum(FEEDS)).tolist()


@pytest.fixture(scope="module", params=MODELS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported.write(tmp_path_factory.mktemp("family"), request.param, OPERATIONS.get(request.param, "generate"))


def _in_feeds(engine: Engine) -> Logits:
    """Logits [T, V] of TOKENS, fed in parts."""
    rows, start = [], 0
    for count in FEEDS:
        rows.append(engine.feed(TOKENS[start : start + count], all_logits=True))
        start += count
    return np.concatenate(rows)


def test_the_arbiter_equals_torch_at_every_step(exported: Exported) -> None:
    result = exported.leg("torch_arbiter")
    assert result.passed, result.to_json(True)
    assert result.agreement.share == 1.0
    assert min(map(len, exported.golden.tokens)) == STEPS
    assert max(map(len, exported.golden.prompts)) > 2 * WINDOW


@pytest.mark.parametrize("family", ["Gemma 3", "Qwen3"])
def test_a_model_with_one_key_head_equals_torch(family: str, tmp_path: Path) -> None:
    """Gemma-3-270M and 1B have one: its transposed keys are contiguous."""
    exported = Exported.write(tmp_path, family, "generate", num_key_value_heads=1)
    result = exported.leg("torch_arbiter")
    assert result.passed, result.to_json(True)
    assert result.agreement.share == 1.0


def test_the_last_layer_computes_only_the_rows_asked_for(exported: Exported) -> None:
    made = [name for node in onnx.template(exported.base).graph.node for name in node.output]
    assert sum(name.endswith(".chosen") for name in made) == 2  # attention's output and what is added to it


def test_feeds_after_a_past_equal_torch(exported: Exported) -> None:
    got = _in_feeds(exported.engine("onnx", ARBITER_ACCURACY))
    np.testing.assert_allclose(got, exported.torch_logits(TOKENS), atol=1e-4)


def test_executorchs_kernels_equal_torch_before_they_are_lowered(exported: Exported) -> None:
    base = QuantizedBase.open(exported.base)
    weights = BaseWeights(base, read_adapter(exported.adapter, exported.base))
    program = build_program(read_config(exported.base).to_dict(), weights, CONTEXT)
    rows, start = [], 0
    for count in FEEDS:
        tokens = torch.tensor([TOKENS[start : start + count]])
        with torch.no_grad():
            rows.append(program(tokens, torch.tensor([start]), torch.arange(count))[0].numpy())
        start += count
    error = relative_error(exported.torch_logits(TOKENS), np.concatenate(rows))
    assert error < LEGS["executorch"].max_relative_error


def test_what_ships_on_onnx_runtime_differs_only_where_rounding_decides(exported: Exported) -> None:
    _check_shipped(exported, "onnx")


@pytest.mark.parametrize("exported", LOWERED, indirect=True)
def test_what_ships_on_executorch_differs_only_where_rounding_decides(exported: Exported) -> None:
    _check_shipped(exported, "executorch")


def _check_shipped(exported: Exported, runtime: str) -> None:
    result = exported.leg(runtime)
    assert result.passed, result.to_json(True)
    engine = exported.engine(runtime)
    assert engine.context_length == CONTEXT
    error = relative_error(exported.torch_logits(TOKENS), _in_feeds(engine))
    assert error < LEGS[runtime].max_relative_error
