"""What a model has beyond a plain decoder, asked of the Hugging Face model itself: no family is named here.

Both targets' kernels read it. The rest reaches them through Hugging Face's own calls: an attention function is given
the scale, the window and the soft cap of its layer.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import unset_fake_temporarily

from runtime_py.errors import ExportError

_PROBED = 8


def norm_epsilon(path: str, norm: nn.Module) -> float:
    """The epsilon of an RMSNorm; raises `ExportError` where there is none."""
    epsilon = getattr(norm, "variance_epsilon", getattr(norm, "eps", None))
    if not isinstance(epsilon, float):
        raise ExportError(f"cannot lower {path}: expected an RMSNorm with an epsilon, got {type(norm).__name__}")
    return epsilon


def gain_offset(path: str, norm: nn.Module) -> int:
    """0 where a norm computes x * w / rms(x), 1 where it computes x * (1 + w) / rms(x).

    Raises `ExportError` for any other function.
    """
    norm_epsilon(path, norm)
    offset = _probe(type(norm))
    if offset is None:
        raise ExportError(
            f"cannot lower {path}: expected x * w / rms(x) or x * (1 + w) / rms(x), got another norm in "
            f"{type(norm).__name__}; use another base"
        )
    return offset


def _probe(kind: type[nn.Module]) -> int | None:
    """Which of the two functions this class of norm is, found by calling it on random numbers."""
    with unset_fake_temporarily(), torch.no_grad():
        generator = torch.Generator().manual_seed(0)
        x, weight = torch.randn(2, _PROBED, generator=generator), torch.randn(_PROBED, generator=generator)
        norm = kind(_PROBED, eps=1e-6)
        norm.load_state_dict({"weight": weight})
        normed = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)
        found = norm(x)
        return next((o for o in (0, 1) if torch.allclose(found, normed * (o + weight), atol=1e-5)), None)


def embedding_scale(embedding: nn.Module) -> float:
    """What the rows of an embedding are multiplied by."""
    return float(getattr(embedding, "scalar_embed_scale", 1.0))


def cap_logits(logits: Tensor, config: Any) -> Tensor:
    """cap * tanh(logits / cap) where the config has a `final_logit_softcapping`."""
    cap = getattr(config, "final_logit_softcapping", None)
    return logits if cap is None else torch.tanh(logits / cap) * cap


def rotary_kinds(rotary: nn.Module) -> list[str]:
    """The layer types for which a rotary embedding has a table each; none when one table serves all layers."""
    return list(getattr(rotary, "layer_types", ()))
