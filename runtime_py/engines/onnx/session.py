"""Sessions over graphs, and the model that engines share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from runtime_py.engines.engine import EngineFiles
from runtime_py.engines.kind import AUTOMATIC, Runtime
from runtime_py.engines.onnx.sums import are_sums_exact
from runtime_py.errors import BundleError
from runtime_py.programs import ROWS, check_graph

REFUSALS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
_LORA = (".lora_A", ".lora_B")


def open_session(graph: Path, runtime: Runtime, exact_sums: bool, weights: Path | None = None) -> ort.InferenceSession:
    """A CPU session over `graph`; raises `BundleError` when ONNX Runtime refuses it.

    `exact_sums`: whether the graph takes the option (`Graph.takes_exact_sums`), which is given where this processor
    needs it (`are_sums_exact`). `weights` is the folder of the files that the graph reads, where it is not its own.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = runtime.threads
    if exact_sums and not are_sums_exact():
        options.add_session_config_entry("session.x64quantprecision", "1")
    given: Path | bytes = graph
    if weights is not None:  # only of a graph given as bytes may the files lie elsewhere
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights))
        given = graph.read_bytes()
    try:
        return ort.InferenceSession(given, options, providers=["CPUExecutionProvider"])
    except REFUSALS as e:
        raise BundleError(
            f"cannot load {graph.name}: expected a graph that ONNX Runtime {ort.__version__} runs, got {e}; "
            "export the bundle again",
            "unlinkable parts",
        ) from e


@contextmanager
def running(graph: str) -> Iterator[None]:
    """What ONNX Runtime refuses in the block is a `BundleError` (unlinkable parts) that names `graph`."""
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
        weights = files.weights
        checked = check_graph(
            graph,
            weights,
            layers=files.layers,
            kv_heads=files.kv_heads,
            head_dim=files.head_dim,
            vocab_size=files.vocab_size,
        )
        session = open_session(graph, runtime, checked.takes_exact_sums, weights)
        inputs = {value.name for value in session.get_inputs()}
        adapter = {v.name for v in session.get_overridable_initializers()} | inputs
        width = checked.inputs[ROWS][1][-1] if ROWS in checked.inputs else 0
        return cls(session, frozenset(name for name in adapter if name.endswith(_LORA)), width or 0)
