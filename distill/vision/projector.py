"""Facts -> 16 image tokens or so of the text base's width: what the eye tells, in the base's own words."""

from collections.abc import Callable

import torch
from torch import nn

from distill.vision.told import FACTS, QUERIES

PROJECTOR = "projector.safetensors"
IMAGE_TOKENS = len(QUERIES)
_SHARP = 3.0  # the power of shares: what is likely is heard over the rest, and doubt only where two are nearly alike


class Projector(nn.Module):
    """A token is its query's vector and, of each fact it tells, the words' vectors by their shares, levelled.

    `scale` is the root mean square of the base's embeddings, with which tokens begin.
    """

    def __init__(self, hidden: int, scale: float) -> None:
        super().__init__()
        self.words = nn.ParameterDict({name: torch.randn(len(fact.words), hidden) for name, fact in FACTS.items()})
        self.query = nn.Parameter(torch.randn(IMAGE_TOKENS, hidden))
        self.level = nn.LayerNorm(hidden)
        nn.init.constant_(self.level.weight, scale)
        for name, fact in FACTS.items():
            self.register_buffer(f"at_{name}", torch.eye(IMAGE_TOKENS)[:, fact.first : fact.end].clone(), False)

    def begin(self, vector: Callable[[str], torch.Tensor]) -> None:
        """Words and queries begin as the base's own: `vector` gives a word's, float32 `[hidden]`."""
        with torch.no_grad():
            self.query.copy_(torch.stack([_unit(vector(word)) for word in QUERIES]))
            for name, fact in FACTS.items():
                self.words[name].copy_(torch.stack([_unit(vector(word)) for word in fact.words]))

    def forward(self, shares: dict[str, torch.Tensor]) -> torch.Tensor:
        """Shares of words by fact, `[B, queries, words]` -> float32 `[B, IMAGE_TOKENS, hidden]`."""
        x = self.query.unsqueeze(0)
        for name in FACTS:
            x = x + self.get_buffer(f"at_{name}") @ (_sharpened(shares[name]) @ self.words[name])
        tokens: torch.Tensor = self.level(x)
        return tokens


def _sharpened(shares: torch.Tensor) -> torch.Tensor:
    raised = shares**_SHARP
    return raised / raised.sum(-1, keepdim=True)


def _unit(vector: torch.Tensor) -> torch.Tensor:
    return vector / vector.square().mean().sqrt()
