"""What a kind of engine is: the record that each module of a runtime defines as `KIND`."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime_py.engines.engine import Engine, EngineFiles
from runtime_py.errors import ConfigError

Embed = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""Tokens int64 `[1, T]` to what an embedder's program pooled, float32 `[1, d]`."""


See = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Pixels uint8 `[side, side, 3]` to the rows of a picture, float32 `[tokens, hidden]`."""


@dataclass(frozen=True)
class Runtime:
    """How a runtime is to run: on how many `threads`, where 0 leaves it to the runtime, and on which of its devices."""

    threads: int = 0
    device: str = ""

    def __post_init__(self) -> None:
        """Raises `ConfigError` for a negative number of threads."""
        if self.threads < 0:
            raise ConfigError(f"wrong number of threads: expected 1 or more, got {self.threads}; correct --threads")


AUTOMATIC = Runtime()


class OpenEngine(Protocol):
    """See `Kind`."""

    def __call__(
        self,
        files: EngineFiles,
        adapter: bool = True,
        shared: MutableMapping[str, Any] | None = None,
        exact: bool = False,
        runtime: Runtime = ...,
    ) -> Engine: ...


class OpenEmbedder(Protocol):
    """See `Kind`."""

    def __call__(self, program: Path, max_tokens: int, runtime: Runtime = ...) -> Embed: ...


class OpenVision(Protocol):
    """See `Kind`."""

    def __call__(self, program: Path, side: int, tokens: int, hidden: int, runtime: Runtime = ...) -> See: ...


@dataclass(frozen=True)
class Kind:
    """One runtime: how its programs are opened, what it can do and what it needs.

    `open_engine` gives an engine with a KV cache of its own, with or without the operation's adapter. `shared` belongs
    to the bundle: what its engines can share (a session over one graph) is kept there. `exact` asks for an
    `exact_multi_token` engine, where the runtime has one on this machine. `open_embedder` opens a sentence embedder,
    `open_vision`, where there is one, the graph that makes rows of pictures. They raise `MissingExtraError` when a
    package is missing, `BundleError` when files do not fit together.

    `packages` are the distributions that it needs, its own first, and `extra` what brings them, None when memlora
    itself does. `takes_adapter` says that adapters are given beside the program, which then runs without one too, but
    for a program of which `holds_adapter` says that its adapter is in its weights.
    `fallback` is the kind that sessions take where this one raises `UnavailableError` or `MissingExtraError`; `proof`
    is how it runs when goldens are replayed.
    """

    name: str
    packages: tuple[str, ...]
    extra: str | None
    takes_adapter: bool
    open_engine: OpenEngine
    open_embedder: OpenEmbedder
    fallback: str | None = None
    proof: Runtime = AUTOMATIC
    holds_adapter: Callable[[EngineFiles], bool] = lambda _files: False
    open_vision: OpenVision | None = None
