"""A family through quantizing, exporting and every runtime, judged as an export judges its bundle."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from calibration.quantize import quantize_checkpoint
from export.parity.goldens import make_golden
from export.parity.torch import torch_leg
from export.sources.adapter import read_adapter
from export.sources.model import load_dequantized
from export.targets import target
from export.targets.onnx import target as onnx
from runtime_py import operations
from runtime_py.engines import Engine, EngineFiles, open_engine
from runtime_py.parity.golden import Golden
from runtime_py.parity.replay import LegResult, replay_golden
from runtime_py.weights.base import QuantizedBase
from tests.conftest import write_adapter
from tests.families.models import CONTEXT, SIZES, write_model

PROMPT_LENGTHS = (5, 40, 90)  # within the window, beyond it, far beyond it
STEPS = 32


@dataclass(frozen=True)
class Exported:
    """A family's base, beside whose data graphs and programs are written, and one operation's adapter."""

    family: str
    operation: str
    base: Path
    adapter: Path

    @classmethod
    def write(cls, folder: Path, family: str, operation: str, **changes: Any) -> "Exported":
        """Checkpoint, base and adapter, all random; `changes` are other values in the family's config."""
        checkpoint = write_model(folder / "checkpoint", family, **changes)
        base = quantize_checkpoint(checkpoint, folder / "base")
        adapter = write_adapter(folder / "adapter", checkpoint, operation, seed=operations.names().index(operation))
        return cls(family, operation, base, adapter)

    def engine(self, kind: str, level: int = onnx.SHIPPED_ACCURACY, adapter: bool = True) -> Engine:
        """The runtime `kind` with the adapter inside its program, or without any."""
        weights = read_adapter(self.adapter, self.base) if adapter else None
        name = f"{self.operation}{level}" if adapter else f"none{level}"
        if kind == "onnx":
            path = onnx.lower(self.base, weights, self.base, name, accuracy_level=level).program
        else:
            lower = target.get(kind).lower
            assert lower is not None
            path = lower(self.base, weights, self.base, name).program
        base, sizes = QuantizedBase.open(self.base), self.torch[1].config
        files = EngineFiles(
            self.operation, {kind: path}, None, base.path, base.sha256, name if adapter else None,
            sizes.vocab_size, CONTEXT, sizes.num_hidden_layers, sizes.num_key_value_heads,
            getattr(sizes, "head_dim", None) or sizes.hidden_size // sizes.num_attention_heads,
        )  # fmt: skip
        return open_engine(files, kind)

    @cached_property
    def torch(self) -> tuple[Any, Any]:
        """Hugging Face eager on the dequantized base, with and without the adapter."""
        from peft import PeftModel

        with_adapter = PeftModel.from_pretrained(load_dequantized(self.base), self.adapter)
        return with_adapter.eval(), load_dequantized(self.base)

    @cached_property
    def golden(self) -> Golden:
        """The arbiter's greedy answers: ONNX Runtime without rounding."""
        numbers = np.random.default_rng(0)
        prompts = [numbers.integers(3, SIZES["vocab_size"], length).tolist() for length in PROMPT_LENGTHS]
        exact, without = (self.engine("onnx", onnx.ARBITER_ACCURACY, adapter) for adapter in (True, False))
        return make_golden(exact, without, prompts, set(), STEPS)

    def leg(self, name: str) -> LegResult:
        """One parity leg, as in an export: `torch_arbiter`, `onnx` or `executorch`."""
        if name == "torch_arbiter":
            return torch_leg(self.operation, self.golden, *self.torch)
        return replay_golden(self.operation, name, self.golden, self.engine(name), None)

    def torch_logits(self, tokens: list[int]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Float32 logits `[T, V]` of the model with its adapter."""
        import torch

        with torch.no_grad():
            return np.asarray(self.torch[0](input_ids=torch.tensor([tokens]), use_cache=False).logits[0].numpy())
