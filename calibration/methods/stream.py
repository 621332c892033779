"""Runs a checkpoint layer by layer over chunks of tokens: one layer is in memory at a time."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from calibration.checkpoint import Checkpoint, check_finite
from calibration.texts import Chunk


class _StopError(Exception):
    """What is wanted of a pass is there."""


class LayerStream:
    """`hidden` holds the inputs `[1, T, D]` of the layer whose turn it is, a tensor for each chunk."""

    def __init__(self, source: Checkpoint, chunks: Sequence[Chunk], table: Tensor) -> None:
        """`table` `[V, D]`: the embedding that the layers are to see."""
        self._causal = _skeleton(source)
        self._layers = self._causal.model.layers
        self._source = source
        self.hidden: list[Tensor] = []
        self._named: dict[int, Any] = {}
        self._capture(chunks, table)

    def __len__(self) -> int:
        return len(self._layers)

    def load(self, number: int) -> nn.Module:
        """The layer with its weights as stored."""
        layer: nn.Module = self._layers[number]
        prefix = f"model.layers.{number}."
        names = [name for name, _ in layer.named_parameters()]
        layer.load_state_dict({name: read_tensor(self._source, prefix + name) for name in names}, assign=True)
        return layer

    def gram(self, number: int, module: str) -> Tensor:
        """`[K, K]`: the sum of x x^T over all inputs x of a linear of the loaded layer, named as in the checkpoint."""
        layer = self._layers[number]
        linear = layer.get_submodule(module.removeprefix(f"model.layers.{number}."))
        found = torch.zeros(linear.in_features, linear.in_features)

        def add(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            x = inputs[0].reshape(-1, inputs[0].shape[-1])
            found.addmm_(x.T, x)
            raise _StopError

        handle = linear.register_forward_pre_hook(add)
        try:
            self._run(number, lambda place, output: None)
        finally:
            handle.remove()
        return found

    def last_gram(self) -> Tensor:
        """`[D, D]`: the sum of x x^T over all inputs x of the head, once every layer has been advanced."""
        norm = self._causal.model.norm
        names = [name for name, _ in norm.named_parameters()]
        norm.load_state_dict({name: read_tensor(self._source, f"model.norm.{name}") for name in names}, assign=True)
        width = self.hidden[0].shape[-1]
        found = torch.zeros(width, width)
        with torch.no_grad():
            for hidden in self.hidden:
                x = norm(hidden).reshape(-1, width)
                found.addmm_(x.T, x)
        return found

    def advance(self, number: int) -> None:
        """The layer's outputs become `hidden`; its weights are given up."""
        self._run(number, self.hidden.__setitem__)
        self._layers[number].to("meta")

    def _run(self, number: int, take: Callable[[int, Tensor], None]) -> None:
        layer, named = self._layers[number], self._named[number]
        with torch.no_grad():
            for place, x in enumerate(self.hidden):
                try:
                    take(place, layer(x, **named))
                except _StopError:
                    continue

    def _capture(self, chunks: Sequence[Chunk], table: Tensor) -> None:
        """What the model gives its layers, without running them."""
        model = self._causal.model
        model.embed_tokens.weight = nn.Parameter(table, requires_grad=False)

        def record(number: int) -> Callable[..., Tensor]:
            def forward(x: Tensor, **named: Any) -> Tensor:
                if number == 0:
                    self.hidden.append(x)
                self._named[number] = named
                if number == len(self._layers) - 1:
                    raise _StopError
                return x

            return forward

        for number, layer in enumerate(self._layers):
            layer.forward = record(number)
        with torch.no_grad():
            for chunk in chunks:
                try:
                    model(input_ids=torch.tensor([chunk]), use_cache=False)
                except _StopError:
                    continue
        for layer in self._layers:
            del layer.forward


def read_tensor(source: Checkpoint, name: str) -> Tensor:
    """A tensor of a checkpoint, float32. Raises `ConfigError` for NaN and infinity."""
    pieces = list(source.rows(name))
    for piece in pieces:
        check_finite(name, piece)
    return torch.cat([torch.from_numpy(piece) for piece in pieces])


def load_model(source: Checkpoint) -> Any:
    """The whole model in float32, with what `source` folds into its weights."""
    causal = _skeleton(source)
    tied = bool(causal.config.tie_word_embeddings)
    names = [name for name, _ in causal.named_parameters() if not (tied and name == "lm_head.weight")]
    causal.load_state_dict({name: read_tensor(source, name) for name in names}, strict=not tied, assign=True)
    causal.tie_weights()
    return causal.eval().requires_grad_(False)


def _skeleton(source: Checkpoint) -> Any:
    from accelerate import init_empty_weights
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(**copy.deepcopy(_plain(source.config)))
    with init_empty_weights(include_buffers=False):
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in ("dtype", "torch_dtype")}
