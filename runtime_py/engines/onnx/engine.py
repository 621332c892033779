"""One operation on a shared session, and how it is opened."""

from collections.abc import MutableMapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from runtime_py.engines.engine import Engine, EngineFiles, EngineKey, Logits
from runtime_py.engines.kind import AUTOMATIC, Runtime
from runtime_py.engines.onnx.session import OnnxModel, running
from runtime_py.errors import BundleError
from runtime_py.parts import Embeddings, Part
from runtime_py.programs import ROWS
from runtime_py.weights import read_adapter

NAME = "onnx"
_CHUNK_TOKENS = 256  # attention scores every pair of rows of a call, later ones too; longer calls are no faster
_PROBE_TOKENS = 17  # more than any block of rows that a kernel is known to take at once


class OnnxEngine(Engine):
    """One operation on a shared session: its own KV buffers `[1, Hkv, C, d]`, its adapter's tensors as bound inputs.

    IO binding ignores ONNX Runtime's active adapters, so the tensors are bound by name; a slot without a tensor keeps
    the graph's empty default. The KV is written by position, so feeding after a rewind overwrites.

    The int4 kernel adds a single row in another order than two or more, and nothing else depends on how many there are:
    `paired` gives it a lone token, and a lone row of logits, twice, which costs a step about a quarter more and makes
    the engine `exact_multi_token`. The second token needs a place in the KV, so the context is one token shorter.
    """

    def __init__(
        self,
        model: OnnxModel,
        key: EngineKey,
        vocab_size: int,
        context_length: int,
        layers: int,
        kv_heads: int,
        head_dim: int,
        adapter: dict[str, NDArray[Any]] | None = None,
        paired: bool = False,
    ) -> None:
        """Raises `BundleError` for an adapter tensor that the graph has no input for."""
        super().__init__(key, vocab_size, context_length - paired)
        self.exact_multi_token, self.embedding_width = paired, model.embedding_width
        if foreign := set(adapter or ()) - model.adapter_inputs:
            raise BundleError(
                f"foreign adapter: expected tensors that the graph takes, got {min(foreign)}; export the bundle again",
                "unlinkable parts",
            )
        self._session = model.session
        self._binding = model.session.io_binding()
        self._bound: list[ort.OrtValue] = []  # the binding does not keep them alive
        for name, values in (adapter or {}).items():
            self._bind(name, np.ascontiguousarray(values, dtype=np.float32))
        if self.embedding_width:
            self._no_rows = self._bind(ROWS, np.zeros((1, self.embedding_width), np.float32))
        for name in (f"{i}.{side}" for i in range(layers) for side in ("key", "value")):
            buffer = self._bind(f"past.{name}", np.zeros((1, kv_heads, context_length, head_dim), dtype=np.float32))
            self._binding.bind_ortvalue_output(f"present.{name}", buffer)

    def _bind(self, name: str, values: NDArray[Any]) -> ort.OrtValue:
        value = ort.OrtValue.ortvalue_from_numpy(values)
        self._binding.bind_ortvalue_input(name, value)
        self._bound.append(value)
        return value

    def _run_parts(self, parts: Sequence[Part], past: int, positions: NDArray[np.int64]) -> Logits:
        """Rows are given beside the tokens, in which V + r stands for row r."""
        rows = [part.rows for part in parts if isinstance(part, Embeddings)]
        if not rows:
            return super()._run_parts(parts, past, positions)
        ids: list[int] = []
        free = self.vocab_size
        for part in parts:
            if isinstance(part, Embeddings):
                ids += range(free, free + len(part.rows))
                free += len(part.rows)
            else:
                ids += part.ids
        given = ort.OrtValue.ortvalue_from_numpy(np.concatenate(rows))
        self._binding.bind_ortvalue_input(ROWS, given)
        try:
            return self._run(np.array([ids], dtype=np.int64), past, positions)
        finally:
            self._binding.bind_ortvalue_input(ROWS, self._no_rows)

    def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        count = tokens.shape[1]
        parts = -(-count // _CHUNK_TOKENS)
        cuts = [count * part // parts for part in range(parts + 1)]
        rows = [positions[(positions >= first) & (positions < last)] - first for first, last in pairwise(cuts)]
        logits = [self._call(tokens[:, a:b], past + a, r) for (a, b), r in zip(pairwise(cuts), rows, strict=True)]
        return logits[0] if parts == 1 else np.concatenate(logits)

    def _call(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        wanted = len(positions)
        if not wanted:
            positions = np.zeros(1, np.int64)
        if self.exact_multi_token:
            tokens, positions = (np.repeat(x, 2, axis=-1) if x.shape[-1] == 1 else x for x in (tokens, positions))
        logits: Logits = np.empty((len(positions), self.vocab_size), dtype=np.float32)
        step = {"tokens": tokens, "past_length": np.array([past], dtype=np.int64), "logit_positions": positions}
        for name, values in step.items():
            self._binding.bind_cpu_input(name, np.ascontiguousarray(values))
        self._binding.bind_output("logits", "cpu", 0, np.float32, (1, *logits.shape), logits.ctypes.data)
        with running("the graph"):
            self._session.run_with_iobinding(self._binding)
        return logits[:wanted]


def open_engine(
    files: EngineFiles,
    adapter: bool = True,
    shared: MutableMapping[str, Any] | None = None,
    exact: bool = False,
    runtime: Runtime = AUTOMATIC,
) -> OnnxEngine:
    """As `Kind.open_engine`: engines of one graph share one session.

    With `exact` it is paired where that is exact on this machine, which is tried out once a graph.
    """
    graph, shared = files.program(NAME), {} if shared is None else shared
    if not adapter and files.adapter is None:
        raise BundleError(
            f"no base without adapter for {files.operation}: expected a packaged bundle, got a merged one; "
            "open it with its adapter",
            "unlinkable parts",
        )
    where = f"{NAME} {graph} {runtime}"
    if where not in shared:
        shared[where] = OnnxModel.open(graph, files, runtime)
    tensors = dict(read_adapter(files.adapter).tensors) if adapter and files.adapter else None

    def opened(paired: bool) -> OnnxEngine:
        return OnnxEngine(
            shared[where],
            EngineKey(files.base_sha256, files.adapter_sha256 if adapter else None),
            files.vocab_size,
            files.context_length,
            files.layers,
            files.kv_heads,
            files.head_dim,
            tensors,
            paired,
        )

    if not exact:
        return opened(paired=False)
    tried = f"exact {where}"
    if tried not in shared:
        shared[tried] = is_exact(opened(paired=True))
    return opened(paired=shared[tried])


def is_exact(engine: Engine) -> bool:
    """Whether logits stay the same to the last bit however a probe of tokens is cut into feeds; resets the engine."""
    probe = [(7 * i * i + 3 * i) % engine.vocab_size for i in range(min(_PROBE_TOKENS, engine.context_length))]
    engine.reset()
    whole = engine.feed(probe, all_logits=True)
    for size in (1, 2, 3, 8):
        engine.reset()
        cut = [engine.feed(probe[at : at + size], all_logits=True) for at in range(0, len(probe), size)]
        if not np.array_equal(np.concatenate(cut), whole):
            engine.reset()
            return False
    engine.reset()
    return True
