"""Engines of a bundle on a given number of threads, and what this process holds in memory."""

import importlib
from pathlib import Path
from typing import Any

from runtime_py.bundle import Bundle
from runtime_py.engines import Engine, open_engine
from runtime_py.errors import ConfigError

_STATUS = Path("/proc/self/status")


class Engines:
    """Opens engines of `bundle` on runtime `kind`; `threads` 0 leaves their number to the runtime."""

    def __init__(self, bundle: Bundle, kind: str, threads: int = 0) -> None:
        """Raises `ConfigError` for a negative number of threads."""
        if threads < 0:
            raise ConfigError(f"wrong number of threads: expected 1 or more, got {threads}; correct --threads")
        self.bundle = bundle
        self.kind = kind
        self._threads = threads
        self._shared: dict[str, Any] = {}
        if threads and kind == "executorch":
            portable = importlib.import_module("executorch.extension.pybindings.portable_lib")
            portable._unsafe_reset_threadpool(threads)
            importlib.import_module("torch").set_num_threads(threads)  # its attention multiplies on torch's threads

    def open(self, operation: str, adapter: bool = True, exact: bool = False) -> Engine:
        """A new engine with its own KV cache, as `Bundle.open_engine`; what engines can share is shared."""
        files = self.bundle.engine_files(operation)
        if self._threads and self.kind == "onnx" and files.graph is not None:
            key = f"onnx {files.graph}"  # where the ONNX engine looks for a session that is already open
            if key not in self._shared:
                self._shared[key] = _onnx_model(files.graph, self._threads)
        return open_engine(files, self.kind, adapter, self._shared, exact)


def _onnx_model(graph: Path, threads: int) -> Any:
    import onnxruntime as ort

    from runtime_py.engines import onnx

    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    inputs = {value.name for value in (*session.get_inputs(), *session.get_overridable_initializers())}
    return onnx.OnnxModel(session, frozenset(name for name in inputs if name.endswith((".lora_A", ".lora_B"))))


def resident_bytes() -> dict[str, int]:
    """Bytes of this process in memory: `now` and at most (`peak`); empty on a system that does not tell."""
    if not _STATUS.is_file():
        return {}
    lines = dict(line.split(":", 1) for line in _STATUS.read_text("utf-8").splitlines())
    return {name: int(lines[key].split()[0]) * 1024 for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))}
