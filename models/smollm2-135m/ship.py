"""`python models/smollm2-135m/ship.py EXPERTS --mean NAME`: experts of `memlora distill` into `adapters/`, as float16.

Training keeps adapters in float32; half precision halves the files. The runtimes compute with the shipped numbers, and
every parity leg and every figure is of them. The expert that `--mean` names becomes the mean of its weights and those
that it replaces, from which its training began.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from runtime_py.files import read_manifest, write_folder, write_manifest

HERE = Path(__file__).parent
WEIGHTS = "adapter_model.safetensors"
KIND = "adapter"
MOST_BYTES = 8_000_000


def ship(expert: Path, out: Path, is_mean: bool = False) -> None:
    """The expert in folder `expert` as `out`, its weights as float16; the manifest says what they were made from."""
    manifest = read_manifest(expert, KIND)
    weights = {name: values.astype(np.float16) for name, values in load_file(expert / WEIGHTS).items()}
    if is_mean:
        begun = {name: values.astype(np.float32) for name, values in load_file(out / WEIGHTS).items()}
        weights = {name: ((begun[name] + values) / 2).astype(np.float16) for name, values in weights.items()}
    if not all(np.isfinite(values).all() for values in weights.values()):
        raise SystemExit(f"{expert}: expected weights within half precision, got larger ones")
    with write_folder(out) as made:
        for name in manifest["files"]:
            if name != WEIGHTS:
                shutil.copyfile(expert / name, made / name)
        save_file(weights, made / WEIGHTS, {"format": "pt"})
        made_of = {"trained_weights_sha256": manifest["files"][WEIGHTS]["sha256"], "is_mean_with_start": is_mean}
        facts = manifest["facts"] | {"weights": "float16"} | made_of
        tools = [name for name in manifest["tools"] if name != "memlora"]
        write_manifest(made, KIND, manifest["config"], tools, facts)
    if (out / WEIGHTS).stat().st_size > MOST_BYTES:
        raise SystemExit(f"{out}: expected at most {MOST_BYTES} bytes of weights")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("experts", type=Path)
    parser.add_argument("--mean", nargs="*", default=[], metavar="NAME")
    asked = parser.parse_args()
    for folder in sorted(asked.experts.iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            ship(folder, HERE / "adapters" / folder.name, folder.name in asked.mean)
