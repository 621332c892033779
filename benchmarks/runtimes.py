"""The default engine against every other kind, interleaved in one run: `python benchmarks/runtimes.py BUNDLE DATA`.

DATA is a folder that `memlora corpus` made. Prints JSON: machine, versions, medians, and the ratio of the two.
"""

import json
import platform
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

from evaluation.bench.latency import measure
from runtime_py.engines import DEFAULT, get, kinds

CALLS = 50


def main() -> None:
    bundle, data = Path(sys.argv[1]), Path(sys.argv[2])
    rows = measure(bundle, data / "datasets", "test", CALLS)
    medians = {(row["operation"], row["target"]): row["p50_ms"] for row in rows}
    measured = [kind for kind in kinds() if any(row["target"] == kind for row in rows)]
    ratios = {
        kind: {name: ms / medians[name, DEFAULT] for (name, target), ms in medians.items() if target == kind}
        for kind in measured
    }
    about = {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {platform.processor() or platform.system()}",
        "versions": {package: version(package) for kind in measured for package in get(kind).packages},
    }
    print(json.dumps({**about, "rows": rows, "over_default": ratios}, indent=1))


if __name__ == "__main__":
    main()
