"""What a base lost against its checkpoint, on texts: perplexity, KL divergence, best tokens, each layer's error."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from calibration.texts import Chunk
from runtime_py.errors import ConfigError
from runtime_py.files import read_manifest
from runtime_py.weights import Int4Tensor, Int8Tensor, QuantizedBase, QuantizedTensor

HIGH_LOSS = 1.05
"""Times the checkpoint's perplexity, above which something should be done."""


@dataclass(frozen=True)
class Loss:
    """Sums over `tokens` positions; `kl` in nats a position, `layers` the relative error of each layer's output."""

    tokens: int
    perplexity_checkpoint: float
    perplexity_base: float
    kl: float
    best_token_agreement: float
    layers: list[float]

    @property
    def ratio(self) -> float:
        """The base's perplexity, in those of the checkpoint."""
        return self.perplexity_base / self.perplexity_checkpoint

    @property
    def advice(self) -> str | None:
        """What to do, where the loss is high."""
        if self.ratio <= HIGH_LOSS:
            return None
        return (
            f"perplexity grows {self.ratio:.3f} times, more than {HIGH_LOSS}: quantize with --bits 8, with a "
            "larger --budget, or with --method gptq and a smaller --group-size; the layers' errors show where it is "
            "lost"
        )


@dataclass(frozen=True)
class Size:
    """How a base was made: its method, bits a weight with scales, matrices of each kind, bytes of `base.ptd`."""

    method: str
    bits: float
    int8: int
    int4: int
    bytes: int

    @classmethod
    def of(cls, base: Path) -> "Size":
        """Read from a base folder."""
        opened, config = QuantizedBase.open(base), read_manifest(base)["config"]
        found = [entry for entry in opened.tensors.values() if isinstance(entry, QuantizedTensor)]
        stored = sum(entry.codes.length + entry.scales.length for entry in found)
        return cls(
            method=str(config.get("method", config.get("scale_search", "rtn"))),
            bits=8 * stored / sum(math.prod(entry.shape) for entry in found),
            int8=sum(isinstance(entry, Int8Tensor) for entry in found),
            int4=sum(isinstance(entry, Int4Tensor) for entry in found),
            bytes=opened.size,
        )


def measure_loss(
    checkpoint: Path,
    base: Path,
    chunks: Sequence[Chunk],
    progress: Callable[[int, int], None] | None = None,
) -> Loss:
    """Runs checkpoint and base in float32 over the same chunks of tokens (`calibration.texts`).

    Weights only: what runtimes round as they go is not in it. Both models are in memory.
    """
    from transformers import AutoModelForCausalLM

    exact = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    rounded = _load_base(base)
    seen = positions = equal = 0
    told = {"checkpoint": 0.0, "base": 0.0}
    kl = 0.0
    errors: list[list[float]] = []
    with torch.no_grad():
        for chunk in chunks:
            tokens = torch.tensor([chunk])
            outputs = [model(tokens, use_cache=False, output_hidden_states=True) for model in (exact, rounded)]
            one, other = (output.logits[0].float().log_softmax(-1) for output in outputs)
            for name, logs in (("checkpoint", one), ("base", other)):
                told[name] -= float(logs[:-1].gather(1, tokens[0, 1:, None]).sum())
            kl += float((one.exp() * (one - other)).sum())
            equal += int((one.argmax(-1) == other.argmax(-1)).sum())
            errors.append([_relative(a, b) for a, b in zip(*(o.hidden_states for o in outputs), strict=True)])
            seen, positions = seen + len(chunk), positions + len(chunk) - 1
            if progress:
                progress(seen, sum(map(len, chunks)))
    return Loss(
        tokens=seen,
        perplexity_checkpoint=math.exp(told["checkpoint"] / positions),
        perplexity_base=math.exp(told["base"] / positions),
        kl=kl / seen,
        best_token_agreement=equal / seen,
        layers=[sum(column) / len(column) for column in zip(*errors, strict=True)],
    )


def _load_base(base: Path) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM

    opened = QuantizedBase.open(base)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(base / "hf"), dtype=torch.float32)
    state = {name: torch.from_numpy(opened.tensor(name).copy()) for name in opened.names()}
    missing, unknown = model.load_state_dict(state, strict=False)
    tied = {"lm_head.weight"} if model.config.tie_word_embeddings else set()
    if set(missing) - tied or unknown:
        raise ConfigError(f"{base}: expected the model's tensors, missing {missing}, unknown {unknown}; quantize again")
    return model.eval()


def _relative(expected: torch.Tensor, got: torch.Tensor) -> float:
    return float((expected - got).norm() / expected.norm())
