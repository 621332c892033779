"""The ExecuTorch engine: a `.pte` with its adapter inside, over `base.ptd`."""

import importlib
from collections.abc import MutableMapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py.engines.engine import Engine, EngineFiles, EngineKey, Logits
from runtime_py.engines.kind import AUTOMATIC, Embed, Kind, Runtime
from runtime_py.errors import BundleError, MissingExtraError
from runtime_py.programs import check_program

NAME = "executorch"


class ExecutorchEngine(Engine):
    """One operation's program and its own KV cache.

    A call takes at most the program's chunk of tokens and rows of logits; longer feeds are cut. The KV cache is written
    by position, so feeding after a rewind overwrites.
    """

    def __init__(self, program: Path, data: Path, key: EngineKey, runtime: Runtime = AUTOMATIC) -> None:
        """Opens `program` (`.pte`) over `data` (`base.ptd`); `BundleError` when ExecuTorch refuses them.

        The program is checked before it is loaded; hash the data before, ExecuTorch does not check it.
        """
        self._torch, loader = load_packages(runtime)
        for path in (program, data):
            if not path.is_file():
                raise BundleError(f"{path}: expected a file, found none", "unlinkable parts")
        check_program(program)
        try:
            # Methods crash when their program is dropped, so the engine keeps both.
            self._program = loader.load_program(program, data_path=data)
            self._method = self._program.load_method("forward")
            context, chunk, rows = (self._constant(f"get_max_{n}") for n in ("context_len", "seq_len", "logit_rows"))
        except RuntimeError as e:
            raise BundleError(
                f"{program}: expected a program over {data.name}, ExecuTorch says {e}; export the bundle again",
                "unlinkable parts",
            ) from e
        self._chunk, self._rows = chunk, rows
        vocabulary = int(self._method.metadata.output_tensor_meta(0).sizes()[-1])
        super().__init__(key, vocabulary, context)

    def _constant(self, name: str) -> int:
        return int(self._program.load_method(name).execute([])[0])

    def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        count = tokens.shape[1]
        parts: list[Logits] = []
        first = 0
        while first < count:
            last = min(first + self._chunk, count)
            rows = positions[(positions >= first) & (positions < last)]
            if len(rows) > self._rows:  # more rows than a call gives: end the chunk where they run out
                last = int(rows[self._rows])
                rows = rows[: self._rows]
            parts.append(self._call(tokens[:, first:last], past + first, rows - first))
            first = last
        return np.concatenate(parts)

    def _call(self, tokens: NDArray[np.int64], past: int, rows: NDArray[np.int64]) -> Logits:
        wanted = rows if len(rows) else np.zeros(1, np.int64)  # a program gives one row at least
        inputs = [np.ascontiguousarray(tokens), np.array([past], np.int64), wanted]
        logits = self._method.execute([self._torch.from_numpy(value) for value in inputs])[0]
        return np.array(logits.numpy()[0, : len(rows)], np.float32)


def load_packages(runtime: Runtime) -> tuple[ModuleType, Any]:
    """torch and ExecuTorch's runtime with the operators that programs use, on the threads asked for.

    Both have one pool of threads a process: the last caller's number counts for all.
    """
    try:
        import executorch.extension.llm.custom_ops.custom_ops  # noqa: F401
        import torch
        from executorch import runtime as executorch_runtime
    except ModuleNotFoundError as e:
        raise MissingExtraError(
            f"the ExecuTorch engine needs the extra 'executorch', package {e.name} is not installed; "
            "run pip install 'memlora[executorch]' or use the ONNX engine"
        ) from e
    if runtime.threads:
        portable = importlib.import_module("executorch.extension.pybindings.portable_lib")
        portable._unsafe_reset_threadpool(runtime.threads)
        torch.set_num_threads(runtime.threads)  # its attention multiplies on torch's threads
    return torch, executorch_runtime.Runtime.get()


def open_engine(
    files: EngineFiles,
    adapter: bool = True,
    shared: MutableMapping[str, Any] | None = None,
    exact: bool = False,
    runtime: Runtime = AUTOMATIC,
) -> ExecutorchEngine:
    """As `Kind.open_engine`: nothing is shared, a program's methods would share one KV cache.

    `exact` changes nothing: XNNPACK and the attention kernel sum differently for every number of rows.
    """
    program = files.program(NAME)
    if not adapter:
        raise BundleError(
            f"no base without adapter for {files.operation}: expected a program without one, got its adapter inside; "
            "open it with its adapter or use the ONNX engine",
            "unlinkable parts",
        )
    engine = ExecutorchEngine(program, files.base, EngineKey(files.base_sha256, files.adapter_sha256), runtime)
    expected, got = (files.vocab_size, files.context_length), (engine.vocab_size, engine.context_length)
    if expected != got:
        raise BundleError(
            f"wrong program {program.name}: expected vocabulary and context {expected}, got {got}; "
            "export the bundle again",
            "unlinkable parts",
        )
    return engine


def open_embedder(program: Path, max_tokens: int, runtime: Runtime = AUTOMATIC) -> Embed:
    """As `Kind.open_embedder`, of a program of int64 `input_ids` and `attention_mask` `[1, T]`, T to `max_tokens`."""
    torch, loader = load_packages(runtime)
    if not program.is_file():
        raise BundleError(f"{program}: expected a file, found none", "unlinkable parts")
    check_program(program)
    try:
        loaded = loader.load_program(program)
        method = loaded.load_method("forward")
    except RuntimeError as e:
        raise BundleError(
            f"{program}: expected a program, ExecuTorch says {e}; export the bundle again", "unlinkable parts"
        ) from e
    facts = method.metadata
    sizes = [tuple(facts.input_tensor_meta(i).sizes()) for i in range(facts.num_inputs())]
    if sizes != [(1, max_tokens), (1, max_tokens)]:
        raise BundleError(
            f"wrong embedder {program.name}: expected two inputs (1, {max_tokens}), got {sizes}; "
            "export the bundle again",
            "unlinkable parts",
        )

    def embed(tokens: NDArray[np.int64], _kept: object = loaded) -> NDArray[np.float32]:
        # A method crashes when its program is dropped, so this function keeps both.
        vector = method.execute([torch.from_numpy(value) for value in (tokens, np.ones_like(tokens))])[0]
        return np.array(vector.numpy(), np.float32)

    return embed


KIND = Kind(NAME, ("executorch", "torch"), "executorch", False, open_engine, open_embedder)
