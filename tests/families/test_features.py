"""What the tiny models switch on changes what they compute, so that a runtime without it would be found out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from calibration.families import FAMILIES
from runtime_py.parity.comparator import LEGS, relative_error
from tests.families.models import CONTEXT, MODELS, WINDOW, random_model

PLAIN_ROPE = {"rope_type": "default", "rope_theta": 1e4}
OFF: list[tuple[str, Mapping[str, Any]]] = [
    ("Llama 3.2", {"rope_parameters": PLAIN_ROPE}),
    ("Qwen2.5", {"layer_types": ["full_attention"] * 2}),
    ("Gemma 2", {"layer_types": ["full_attention"] * 2}),
    ("Gemma 2", {"sliding_window": WINDOW - 1}),
    ("Gemma 2", {"sliding_window": WINDOW + 1}),
    ("Gemma 2", {"attn_logit_softcapping": None}),
    ("Gemma 2", {"final_logit_softcapping": None}),
    ("Gemma 2", {"query_pre_attn_scalar": 32}),
    ("Gemma 3", {"sliding_window": WINDOW + 1}),
    ("Gemma 3", {"final_logit_softcapping": None}),
    ("Gemma 3", {"rope_parameters": {"sliding_attention": PLAIN_ROPE, "full_attention": PLAIN_ROPE}}),
]


def test_every_family_has_a_model() -> None:
    assert {make().model_type for make in MODELS.values()} == set(FAMILIES)


@pytest.mark.parametrize(("name", "off"), OFF, ids=lambda x: x if isinstance(x, str) else "-".join(x))
def test_a_feature_changes_the_logits_more_than_a_runtime_may(name: str, off: Mapping[str, Any]) -> None:
    import torch

    tokens = torch.from_numpy(np.random.default_rng(0).integers(3, 384, (1, CONTEXT // 2)))
    with torch.no_grad():
        on, without = (random_model(name, **changes)(tokens).logits.numpy() for changes in ({}, off))
    assert relative_error(on, without) > 2 * LEGS["onnx"].max_relative_error
