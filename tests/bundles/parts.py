"""The real parts of the verdict corpus: a one-layer int4 base, a byte tokenizer, adapter files."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

HIDDEN, GROUP = 64, 32
ATTENTION = {"self_attn.q_proj": HIDDEN, "self_attn.v_proj": HIDDEN // 2}
EVERY = ATTENTION | {"self_attn.k_proj": HIDDEN // 2, "self_attn.o_proj": HIDDEN, "mlp.up_proj": HIDDEN}


def write_base(folder: Path) -> str:
    """`base.ptd` and `base.index.json` of random codes; the data's sha256."""
    generator = np.random.default_rng(7)
    data, tensors = b"", {}

    def window(raw: bytes) -> dict[str, Any]:
        nonlocal data
        entry = {"key": hashlib.sha256(raw).hexdigest(), "offset": len(data), "length": len(raw)}
        data += raw
        return entry

    for module, rows in EVERY.items():
        codes = window(generator.integers(0, 256, rows * HIDDEN // 2, dtype=np.uint8).tobytes())
        bits = generator.random((rows, HIDDEN // GROUP), dtype=np.float32).view(np.uint32) >> 16
        scales = window(bits.astype("<u2").tobytes()) | {"dtype": "bfloat16", "shape": [rows, HIDDEN // GROUP]}
        name = f"model.layers.0.{module}.weight"
        tensors[name] = {"kind": "int4", "shape": [rows, HIDDEN], "codes": codes, "scales": scales}
    norm = window(generator.random(HIDDEN, dtype=np.float32).tobytes())
    tensors["model.norm.weight"] = {"kind": "raw", "dtype": "float32", "shape": [HIDDEN], **norm}
    sha256 = hashlib.sha256(data).hexdigest()
    (folder / "base.ptd").write_bytes(data)
    index = {"format": "memlora.base", "version": 1, "group_size": GROUP, "file": "base.ptd", "sha256": sha256}
    (folder / "base.index.json").write_text(json.dumps(index | {"size": len(data), "tensors": tensors}))
    return sha256


def write_tokenizer(path: Path) -> None:
    """Three specials and the 256 bytes, no merges."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate([*specials, *alphabet])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in specials])
    tokenizer.save(str(path))


def adapter_tensors(all_linear: bool, rank: int, seed: int) -> dict[str, NDArray[np.float32]]:
    """Random A `[K, R]` and B `[R, N]` of every target."""
    generator = np.random.default_rng(seed)
    tensors = {}
    for module, rows in (EVERY if all_linear else ATTENTION).items():
        path = f"model.layers.0.{module}"
        tensors[f"{path}.lora_A"] = generator.standard_normal((HIDDEN, rank), dtype=np.float32)
        tensors[f"{path}.lora_B"] = generator.standard_normal((rank, rows), dtype=np.float32)
    return tensors


def write_adapter_file(path: Path, tensors: dict[str, NDArray[Any]]) -> None:
    """As ONNX Runtime writes it."""
    file = ort.AdapterFormat()
    file.set_adapter_version(1)
    file.set_model_version(1)
    file.set_parameters({name: ort.OrtValue.ortvalue_from_numpy(values) for name, values in tensors.items()})
    file.export_adapter(str(path))
