"""Runs a float graph over each operation's rows and keeps what its values reach; an operation at a time, resumable."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from calibration.activations.histogram import Histogram
from runtime_py.engines.qnn.window import Embed, Run, Window, WindowShape
from runtime_py.files import write_file_atomic, write_folder, write_json, write_manifest
from runtime_py.files.ranges import FORMAT, RANGES, VERSION, FirstToken, ValueRange
from runtime_py.weights import identify

_UNSEEN = -1e4  # what the mask adds
Array = npt.NDArray[np.float32]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Source:
    """One operation: its rows of tokens, its adapter as the graph's inputs, and what tells it apart (`identify`)."""

    rows: Sequence[Sequence[int]]
    adapter: Mapping[str, Array]
    identity: str


@dataclass(frozen=True)
class Measured:
    """A float graph of `chunk` tokens whose outputs are to be measured, its shape, and the rows of its embedding."""

    graph: Path
    base_sha256: str
    chunk: int
    shape: WindowShape
    embed: Embed


def measure_ranges(measured: Measured, sources: Mapping[str, Source], out: Path, progress: Progress) -> None:
    """Writes `ranges.json` into folder `out`; operations that were measured before it was stopped are not run again.

    Where every row begins with one token, what this leaves is kept, and no range holds its other numbers: it may be an
    attention sink, far above all others.
    """
    session = onnxruntime.InferenceSession(measured.graph, providers=["CPUExecutionProvider"])
    first = _first_token(session, measured, sources)
    kept = out.with_name(f".{out.name}.measured")
    done = {}
    for operation, source in sources.items():
        file = kept / f"{operation}-{_digest(measured, source, first)}.json"
        if not file.is_file():
            write_file_atomic(
                file, json.dumps(_measure(session, measured, source, first, operation, progress)).encode()
            )
        done[operation] = json.loads(file.read_text("utf-8"))
    with write_folder(out) as folder:
        tokens = {operation: sum(map(len, source.rows)) for operation, source in sources.items()}
        write_json(
            folder / RANGES,
            {
                "format": FORMAT,
                "version": VERSION,
                "base_sha256": measured.base_sha256,
                "chunk": measured.chunk,
                "window": measured.shape.window,
                "tokens": tokens,
                "operations": done,
                "first": asdict(first) if first else None,
            },
        )
        write_manifest(folder, "memlora.ranges", {"chunk": measured.chunk, "window": measured.shape.window})
    for file in kept.iterdir():
        file.unlink()
    kept.rmdir()


def _first_token(
    session: onnxruntime.InferenceSession, measured: Measured, sources: Mapping[str, Source]
) -> FirstToken | None:
    """What the token leaves that all rows begin with, under each adapter and under none; None for several tokens."""
    tokens = {row[0] for source in sources.values() for row in source.rows}
    if len(tokens) > 1:
        return None
    (token,) = tokens
    some = next(iter(sources.values())).adapter
    adapters = {identify({}): {name: np.zeros_like(values) for name, values in some.items()}}
    adapters |= {source.identity: dict(source.adapter) for source in sources.values()}
    found = {}
    for identity, adapter in adapters.items():
        window = Window(measured.shape, {}, measured.embed, {measured.chunk: _plain_run(session)}, adapter)
        window.call([token], 0, 0)
        found[identity] = {name: tuple(map(float, values.ravel())) for name, values in window.place(0).items()}
    return FirstToken(token, found)


def _plain_run(session: onnxruntime.InferenceSession) -> Run:
    names = [value.name for value in session.get_outputs() if value.name.startswith(("logits", "present."))]
    return lambda given: dict(zip(names, session.run(names, dict(given)), strict=True))


def _measure(
    session: onnxruntime.InferenceSession,
    measured: Measured,
    source: Source,
    first: FirstToken | None,
    operation: str,
    progress: Progress,
) -> dict[str, dict[str, tuple[float, float]]]:
    names = [value.name for value in session.get_outputs()]
    found: dict[str, Histogram] = {}
    for name, values in source.adapter.items():
        found.setdefault(name, Histogram()).add(values)

    def run(given: Mapping[str, npt.NDArray[np.generic]]) -> Mapping[str, npt.NDArray[np.generic]]:
        outputs = dict(zip(names, session.run(names, dict(given)), strict=True))
        for name, values in ({"hidden": given["hidden"]} | outputs).items():
            found.setdefault(name, Histogram()).add(np.asarray(values, np.float32))
        return outputs

    kept: dict[str, Array] = {}
    if first:
        heads = (measured.shape.kv_heads, measured.shape.head_dim)
        kept = {n: np.array(v, np.float32).reshape(heads) for n, v in first.adapters[source.identity].items()}
        for name, values in kept.items():
            found.setdefault(f"present.{name}", Histogram()).add(values)
    for place, row in enumerate(source.rows):
        window = Window(measured.shape, {}, measured.embed, {measured.chunk: run}, source.adapter)
        if kept:
            window.put(0, kept)
        for begin in range(1 if kept else 0, len(row), measured.chunk):
            part = row[begin : begin + measured.chunk]
            window.call(part, begin, len(part) - 1)
        progress(operation, place + 1, len(source.rows))
    return {name: _plain(histogram.ranges()) for name, histogram in sorted(found.items())}


def _plain(ranges: ValueRange) -> dict[str, tuple[float, float]]:
    return {method: (float(low), float(high)) for method, (low, high) in asdict(ranges).items()}


def _digest(measured: Measured, source: Source, first: FirstToken | None) -> str:
    """Of all that decides what is measured: the rows of other operations say whether a first token is kept apart."""
    apart = first.token if first else None
    digest = hashlib.sha256(f"{measured.base_sha256} {measured.chunk} {measured.shape} {apart}".encode())
    digest.update(json.dumps([list(row) for row in source.rows]).encode())
    for name, values in sorted(source.adapter.items()):
        digest.update(name.encode() + np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:32]


def unseen_shape(layers: int, kv_heads: int, head_dim: int, window: int) -> WindowShape:
    """The shape of a float graph's window."""
    return WindowShape(layers, kv_heads, head_dim, window, _UNSEEN)
