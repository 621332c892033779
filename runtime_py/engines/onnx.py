"""The ONNX Runtime engine: one session for all operations of a bundle, adapters bound as inputs, KV in place."""

from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from runtime_py.engines.engine import Engine, EngineFiles, EngineKey, Logits
from runtime_py.engines.kind import AUTOMATIC, Embed, Kind, Runtime, See
from runtime_py.engines.sums import are_sums_exact
from runtime_py.errors import BundleError
from runtime_py.parts import Embeddings, Part
from runtime_py.programs import ROWS, check_embedder_graph, check_graph, check_vision_graph
from runtime_py.weights import read_adapter

REFUSALS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
NAME = "onnx"
_LORA = (".lora_A", ".lora_B")
_CHUNK_TOKENS = 256  # attention scores every pair of rows of a call, later ones too; longer calls are no faster
_PROBE_TOKENS = 17  # more than any block of rows that a kernel is known to take at once


def open_session(graph: Path, runtime: Runtime, exact_sums: bool) -> ort.InferenceSession:
    """A CPU session over `graph`; raises `BundleError` when ONNX Runtime refuses it.

    `exact_sums`: whether the graph takes the option (`Graph.takes_exact_sums`), which is given where this processor
    needs it (`are_sums_exact`).
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = runtime.threads
    if exact_sums and not are_sums_exact():
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except REFUSALS as e:
        raise BundleError(
            f"cannot load {graph.name}: expected a graph that ONNX Runtime {ort.__version__} runs, got {e}; "
            "export the bundle again",
            "unlinkable parts",
        ) from e


@contextmanager
def _running(graph: str) -> Iterator[None]:
    try:
        yield
    except REFUSALS as e:
        raise BundleError(
            f"cannot run {graph}: expected it to take its inputs, got {e}; export the bundle again",
            "unlinkable parts",
        ) from e


@dataclass(frozen=True)
class OnnxModel:
    """A session and the names of its adapter inputs; ONNX Runtime lets engines share it, each with its own buffers.

    `embedding_width` is that of the rows that it takes, 0 where it takes tokens only.
    """

    session: ort.InferenceSession
    adapter_inputs: frozenset[str]
    embedding_width: int

    @classmethod
    def open(cls, graph: Path, files: EngineFiles, runtime: Runtime = AUTOMATIC) -> "OnnxModel":
        """Load `graph`; raises `BundleError` unless it has the signature of docs/architecture.md and `files`' sizes."""
        checked = check_graph(graph, files.layers, files.kv_heads, files.head_dim, files.vocab_size)
        session = open_session(graph, runtime, checked.takes_exact_sums)
        inputs = {value.name for value in session.get_inputs()}
        adapter = {v.name for v in session.get_overridable_initializers()} | inputs
        width = checked.inputs[ROWS][1][-1] if ROWS in checked.inputs else 0
        return cls(session, frozenset(name for name in adapter if name.endswith(_LORA)), width or 0)


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
        with _running("the graph"):
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


def open_embedder(program: Path, max_tokens: int, runtime: Runtime = AUTOMATIC) -> Embed:
    """As `Kind.open_embedder`, of a graph of int64 `input_ids` and `attention_mask` `[1, T]` (and `token_type_ids`)."""
    session = open_session(program, runtime, check_embedder_graph(program).takes_exact_sums)
    inputs = [value.name for value in session.get_inputs()]

    def embed(tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        with _running(program.name):
            vector: NDArray[np.float32] = session.run(None, {name: given[name] for name in inputs})[0]
        return vector

    return embed


def open_vision(program: Path, side: int, tokens: int, hidden: int, runtime: Runtime = AUTOMATIC) -> See:
    """As `Kind.open_vision`, of a static graph: `pixels` uint8 `[side, side, 3]` -> `rows` `[tokens, hidden]`."""
    session = open_session(program, runtime, check_vision_graph(program, side, tokens, hidden).takes_exact_sums)

    def see(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with _running(program.name):
            rows: NDArray[np.float32] = session.run(None, {"pixels": pixels})[0]
        return rows

    return see


KIND = Kind(
    NAME,
    ("onnxruntime",),
    None,
    takes_adapter=True,
    open_engine=open_engine,
    open_embedder=open_embedder,
    open_vision=open_vision,
)
