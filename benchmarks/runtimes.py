"""ONNX Runtime against ExecuTorch, calls interleaved in one run: `python benchmarks/runtimes.py BUNDLE DATA`.

DATA is a folder that `memlora corpus` made. Prints JSON: machine, versions, medians, and the ratio of the two.
"""

import json
import platform
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

from evaluation.bench.latency import measure

CALLS = 50


def main() -> None:
    bundle, data = Path(sys.argv[1]), Path(sys.argv[2])
    rows = measure(bundle, data / "datasets", "test", CALLS)
    medians = {(row["operation"], row["target"]): row["p50_ms"] for row in rows}
    ratios = {
        operation: medians[operation, "executorch"] / median
        for (operation, target), median in medians.items()
        if target == "onnx" and (operation, "executorch") in medians
    }
    about = {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {platform.processor() or platform.system()}",
        "versions": {tool: version(tool) for tool in ("onnxruntime", "executorch", "torch")},
    }
    print(json.dumps({**about, "rows": rows, "executorch_over_onnx": ratios}, indent=1))


if __name__ == "__main__":
    main()
