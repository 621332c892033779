"""The second packaging: an adapter merged into its base, as a checkpoint that is quantized again."""

import shutil
from pathlib import Path

from export.sources.adapter import read_adapter
from export.sources.model import load_dequantized
from runtime_py.files import write_folder, write_manifest
from runtime_py.weights import QuantizedBase


def write_merged_checkpoint(base: Path, adapter: Path, out: Path) -> Path:
    """A Hugging Face checkpoint with W + (A B)^T at every adapted linear, float32, beside the base's tokenizer files.

    W is the dequantized base, on which the adapter was trained. Raises `ExportError` for an adapter of another base.
    """
    import torch

    model = load_dequantized(base)
    modules = dict(model.named_modules())
    for name, (a, b) in read_adapter(adapter, base).modules.items():
        modules[name].weight += torch.from_numpy(a @ b).T
    with write_folder(out) as folder:
        shutil.copytree(base / "hf", folder, dirs_exist_ok=True)
        model.save_pretrained(folder)
        write_manifest(folder, "memlora.merged", {"base_sha256": QuantizedBase.open(base).sha256})
    return out
