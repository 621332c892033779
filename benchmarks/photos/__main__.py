"""`python -m benchmarks.photos BUNDLE` prints what a photo costs, as JSON."""

import argparse
import json
from pathlib import Path

from benchmarks.photos.costs import RUNS, measure


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--runs", type=int, default=RUNS, help="times each question is asked")
    given = parser.parse_args()
    print(json.dumps(measure(given.bundle, given.runs), indent=1))


if __name__ == "__main__":
    main()
