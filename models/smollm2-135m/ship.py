"""`python models/smollm2-135m/ship.py EXPERTS`: experts of `memlora distill` into `adapters/`, in half precision.

Training keeps adapters in float32; half precision halves the files. The runtimes compute with the shipped numbers, and
every parity leg and every figure is of them.
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
MOST_BYTES = 8_000_000


def ship(expert: Path, out: Path) -> None:
    """The expert in folder `expert` as `out`, its weights as float16; the manifest says what they were made from."""
    manifest = read_manifest(expert, KIND)
    weights = {name: values.astype(np.float16) for name, values in load_file(expert / WEIGHTS).items()}
    if not all(np.isfinite(values).all() for values in weights.values()):
        raise SystemExit(f"{expert}: expected weights within half precision, got larger ones")
    with write_folder(out) as made:
        for name in manifest["files"]:
            if name != WEIGHTS:
                shutil.copyfile(expert / name, made / name)
        save_file(weights, made / WEIGHTS, {"format": "pt"})
        trained = manifest["files"][WEIGHTS]["sha256"]
        facts = manifest["facts"] | {"weights": "float16", "trained_weights_sha256": trained}
        tools = [name for name in manifest["tools"] if name != "memlora"]
        write_manifest(made, KIND, manifest["config"], tools, facts)
    if (out / WEIGHTS).stat().st_size > MOST_BYTES:
        raise SystemExit(f"{out}: expected at most {MOST_BYTES} bytes of weights")


if __name__ == "__main__":
    for folder in sorted(Path(sys.argv[1]).iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            ship(folder, HERE / "adapters" / folder.name)
