"""The first parity leg: Hugging Face eager on the dequantized base against the arbiter, values and greedy steps."""

from typing import Any

import numpy as np
import torch

from runtime_py.golden import Golden
from runtime_py.parity import LEGS, StepAgreement, compare
from runtime_py.verify import LegResult

LEG = "torch_arbiter"


def _logits(model: Any, tokens: list[int], keep: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Float32 logits [keep, V] of the last `keep` positions of one sequence."""
    with torch.no_grad():
        output = model(input_ids=torch.tensor([tokens]), use_cache=False, logits_to_keep=keep)
    return np.asarray(output.logits[0].float().numpy(), dtype=np.float32)


def last_logits(model: Any, prompts: list[list[int]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Float32 logits [m, V] after each prompt."""
    return np.concatenate([_logits(model, prompt, 1) for prompt in prompts])


def torch_leg(operation: str, golden: Golden, with_adapter: Any, without_adapter: Any) -> LegResult:
    """Compare two eager models (float32, with and without the adapter) with the golden, at every step of every path."""
    agreement = StepAgreement()
    m = len(golden.logits_with)
    after_prompts = []
    for index, (prompt, tokens) in enumerate(zip(golden.prompts, golden.tokens, strict=True)):
        logits = _logits(with_adapter, prompt + tokens[:-1], len(tokens))
        agreement.add(index, tokens, logits.argmax(-1).tolist(), golden.margins[index])
        after_prompts += [logits[0]] if index < m else []
    actual = {
        "logits_with": np.stack(after_prompts),
        "logits_without": last_logits(without_adapter, golden.prompts[:m]),
    }
    expected = {"logits_with": golden.logits_with, "logits_without": golden.logits_without}
    effect = float(
        np.linalg.norm(actual["logits_with"] - actual["logits_without"]) / np.linalg.norm(actual["logits_without"])
    )
    return LegResult(operation, LEG, compare(expected, actual, LEGS[LEG].max_relative_error), agreement, effect)
