"""A retrained adapter into a finished bundle without lowering: the programs in the bundle are their own templates.

Two programs of one structure differ only in the adapter's bytes and, for ExecuTorch, in their keys (sha256 of the
bytes, 64 hex digits). Replacing both gives the genuine export byte for byte.
"""

import json
import shutil
from pathlib import Path

from export.bundle import OperationSource, Stage, finish_bundle
from export.sources.adapter import AdapterWeights, adapter_identity, read_adapter
from export.sources.chat import check_stop_tokens
from export.targets import target
from export.vision import write_vision
from runtime_py.bundle import MANIFEST, SEAL, Bundle
from runtime_py.errors import ConfigError, ExportError
from runtime_py.files import write_folder
from runtime_py.weights import QuantizedBase, unstack
from runtime_py.weights import read_adapter as read_adapter_file


def link_adapter(bundle: Path, adapter: Path, operation: str, out: Path, stage: Stage) -> None:
    """Write to `out` (which may be `bundle`) the bundle with `adapter` as its `operation` expert, proved again.

    Raises `ExportError` for an adapter of another structure or base, `ParityError` when a leg fails.
    """
    opened = Bundle.open(bundle)
    entry = opened.operation(operation)
    if entry.adapter is None:
        raise _no_adapter(bundle)
    check_stop_tokens(adapter, opened.prompt(operation).stop_tokens)
    weights = read_adapter(adapter, bundle)
    with write_folder(out) as folder:
        shutil.copytree(bundle, folder, dirs_exist_ok=True)
        stage(f"link: {operation}")
        replace_adapter(folder, operation, weights)
        fields = json.loads((bundle / "manifest.json").read_text("utf-8"))
        fields["operations"][operation]["adapter_sha256"] = adapter_identity(adapter)
        source = {operation: OperationSource(folder, adapter)}
        fields["vision"] = write_vision(source, folder) or fields.get("vision")
        for sealed in (MANIFEST, SEAL):
            (folder / sealed).unlink()
        for derived in ("format_version", "min_reader", "files"):
            del fields[derived]
        finish_bundle(folder, fields, source, stage)


def replace_adapter(folder: Path, operation: str, weights: AdapterWeights) -> None:
    """Swap the operation's adapter in every file that holds it; `ExportError` when the structure differs."""
    entry = Bundle.open(folder, verify=False).operation(operation)
    if entry.adapter is None:
        raise _no_adapter(folder)
    tensors = read_adapter_file(folder / entry.adapter).tensors
    old = unstack(entry.adapter, tensors, entry.targets, QuantizedBase.open(folder))
    shapes, got = ({m: (a.shape, b.shape) for m, (a, b) in pairs.items()} for pairs in (old, weights.modules))
    if shapes != got:
        name = min(module for module, _ in set(shapes.items()) ^ set(got.items()))
        raise ExportError(
            f"cannot link {operation}: expected A and B of {name} of the shapes {shapes.get(name)}, got "
            f"{got.get(name)}; export the bundle again for another structure"
        )
    for name in set(entry.programs) & set(target.names()):
        target.get(name).link_adapter(folder, operation, old, weights.modules)


def _no_adapter(bundle: Path) -> ConfigError:
    return ConfigError(
        f"{bundle}: expected a bundle with adapters beside the base, got one without; export it again for ONNX"
    )
