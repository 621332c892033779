"""`python models/memlora-vision/ship.py EXPERT`: an expert of `memlora distill` into `adapters/vqa`, in half precision.

Training keeps the adapter in float32; eye, projector and graph are in half precision as they are written.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from runtime_py.files import read_manifest, write_folder, write_manifest

HERE = Path(__file__).parent
WEIGHTS = "adapter_model.safetensors"
KIND = "adapter"
MOST_BYTES = 16_000_000


def ship(expert: Path, out: Path) -> None:
    """The expert in folder `expert` as `out`; the manifest says what its weights were made from."""
    manifest = read_manifest(expert, KIND)
    weights = {name: values.astype(np.float16) for name, values in load_file(expert / WEIGHTS).items()}
    with write_folder(out) as made:
        for name in manifest["files"]:
            if name != WEIGHTS:
                shutil.copyfile(expert / name, made / name)
        save_file(weights, made / WEIGHTS, {"format": "pt"})
        facts = {**manifest["facts"], "weights": "float16"}
        facts["trained_weights_sha256"] = manifest["files"][WEIGHTS]["sha256"]
        tools = [name for name in manifest["tools"] if name != "memlora"]
        write_manifest(made, KIND, manifest["config"], tools, facts)
    if sum(path.stat().st_size for path in out.iterdir()) > MOST_BYTES:
        raise SystemExit(f"{out}: expected at most {MOST_BYTES} bytes")


if __name__ == "__main__":
    ship(Path(sys.argv[1]), HERE / "adapters" / "vqa")
