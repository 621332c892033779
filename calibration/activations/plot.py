"""A picture of ranges: what each layer reaches, and where a method cuts."""

import re
from collections import defaultdict
from pathlib import Path

from runtime_py.files.ranges import ActivationRanges

PLOT = "ranges.png"
_LAYER = re.compile(r"(?:model\.layers|present)\.(\d+)\.?(.*)")


def plot_ranges(ranges: ActivationRanges, path: Path) -> Path:
    """Largest magnitude of each kind of value by layer, over all operations, and the share that percentiles leave."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    whole, cut = ranges.union("minmax"), ranges.union("percentile")
    lines: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
    for name, (low, high) in whole.items():
        found = _LAYER.match(name)
        if found and not name.endswith((".lora_A", ".lora_B")):
            most, kept = max(-low, high), max(-cut[name][0], cut[name][1])
            lines[found[2]][int(found[1])] = most, kept / most if most else 1.0
    figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(9, 9), sharex=True)
    largest = sorted(lines, key=lambda kind: -max(most for most, _ in lines[kind].values()))[:12]
    for kind in largest:
        layers = sorted(lines[kind])
        upper.plot(layers, [lines[kind][layer][0] for layer in layers], marker=".", label=kind)
        lower.plot(layers, [lines[kind][layer][1] for layer in layers], marker=".")
    upper.set_yscale("log")
    upper.set_ylabel("largest magnitude")
    upper.legend(fontsize=6)
    lower.set_ylabel("of it within all but 1e-5 of the numbers")
    lower.set_xlabel("layer")
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
    return path
