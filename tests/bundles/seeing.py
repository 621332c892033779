"""Exports a bundle that sees, for Kotlin's tests: embedded experts, and beside them a random one about pictures.

    python -m tests.bundles.seeing BASE FOLDER

`BASE` is the quantized embedded base. `FOLDER/bundle` is the bundle; beside it lies what Python makes of it: in
`rows.safetensors` the encoder's float32 `rows` `[n, tokens, hidden]` of `PICTURES`, which `sources.py` and Kotlin's
`Sources.kt` make alike, in `said.json` the tokens that the expert says to `QUESTION` about each.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from safetensors.numpy import save

from export.bundle import BundleConfig, OperationSource, export_bundle
from runtime_py.bundle import Bundle, Experts
from runtime_py.decoding.greedy import Decoded
from runtime_py.engines import Engine
from runtime_py.files import write_file_atomic
from runtime_py.operations.vqa import VqaInput
from runtime_py.parts import Embeddings, Piece
from runtime_py.weights import QuantizedBase
from tests.conftest import TINY, write_adapter
from tests.runtime_py.images.sources import source
from tests.seeing import write_vision

EXPERTS = ("extract", "generate")
GOLDEN_PROMPTS = 6
PICTURES = (("noise", 1, 8, 8), ("gradient", 2, 160, 90), ("blocks", 3, 31, 64), ("noise", 4, 512, 3))
"""Kind, seed, width and height of each source."""
QUESTION = "What colour is the boat?"


class _Heard:
    """Keeps the tokens of every answer."""

    def __init__(self) -> None:
        self.tokens: list[list[int]] = []

    def opened(self, _operation: str, engine: Engine) -> Engine:
        return engine

    def decoded(self, _operation: str, _prompt: Sequence[Piece], decoded: Decoded) -> None:
        self.tokens.append(list(decoded.tokens))


def write_seeing(base: Path, folder: Path) -> None:
    """The bundle and the rows; raises `ParityError` for a bundle that is not proved."""
    hidden = QuantizedBase.open(base).tensors["model.embed_tokens.weight"].shape[1]
    with TemporaryDirectory() as made:
        expert = write_adapter(Path(made) / "vqa", TINY, "vqa", 30)
        write_vision(expert, hidden)
        sources = {name: OperationSource(base, TINY / "adapters" / name) for name in EXPERTS}
        sources["vqa"] = OperationSource(base, expert)
        config = BundleConfig("seeing", ("onnx",), retrieve_k=3, golden_prompts=GOLDEN_PROMPTS)
        export_bundle(sources, folder / "bundle", config, lambda _stage: None)
    bundle, heard = Bundle.open(folder / "bundle"), _Heard()
    encoder = bundle.image_encoder()
    assert encoder is not None
    rows = np.stack([encoder.encode(source(*picture)) for picture in PICTURES])
    write_file_atomic(folder / "rows.safetensors", save({"rows": rows}))
    experts = Experts(bundle, watch=heard, pictures=lambda name: Embeddings(rows[int(name)]))
    for number in range(len(PICTURES)):
        experts.complete("vqa", VqaInput(str(number), QUESTION))
    write_file_atomic(folder / "said.json", json.dumps(heard.tokens).encode())


if __name__ == "__main__":
    write_seeing(Path(sys.argv[1]), Path(sys.argv[2]))
