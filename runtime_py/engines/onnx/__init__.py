"""The ONNX Runtime engine: one session for all operations of a bundle, adapters bound as inputs, KV in place."""

from runtime_py.engines.kind import Kind
from runtime_py.engines.onnx.encoders import open_embedder, open_vision
from runtime_py.engines.onnx.engine import NAME, OnnxEngine, is_exact, open_engine
from runtime_py.engines.onnx.session import REFUSALS, OnnxModel

__all__ = ["KIND", "NAME", "REFUSALS", "OnnxEngine", "OnnxModel", "is_exact", "open_embedder", "open_engine"]

KIND = Kind(
    NAME,
    ("onnxruntime",),
    None,
    takes_adapter=True,
    open_engine=open_engine,
    open_embedder=open_embedder,
    open_vision=open_vision,
)
