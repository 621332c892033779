"""Adapters lowered over one ONNX graph, for the tests that open its engines."""

from collections.abc import Mapping
from pathlib import Path

from runtime_py.engines import EngineFiles


def lower_over_one_graph(
    folder: Path, checkpoint: Path, sources: Mapping[str, Path], accuracy_level: int
) -> dict[str, EngineFiles]:
    """Quantize `checkpoint` into `folder` and lower the adapter of each operation in `sources` over its graph."""
    from calibration.quantize import quantize_checkpoint
    from export.sources.adapter import read_adapter
    from export.targets.onnx import target
    from runtime_py.weights import QuantizedBase

    quantize_checkpoint(checkpoint, folder)
    base = QuantizedBase.open(folder)
    weights = {name: read_adapter(source, folder) for name, source in sources.items()}
    target.lower_shared(folder, weights, folder, accuracy_level)
    for name, adapter in weights.items():
        target.lower(folder, adapter, folder, name, accuracy_level=accuracy_level)
    return {
        name: EngineFiles(
            operation=name,
            programs={"onnx": folder / "model.onnx"},
            adapter=folder / f"{name}.onnx_adapter",
            base=base.path,
            base_sha256=base.sha256,
            adapter_sha256=name,
            vocab_size=base.tensors["model.embed_tokens.weight"].shape[0],
            context_length=128,
            layers=2,
            kv_heads=2,
            head_dim=32,
        )
        for name in weights
    }
