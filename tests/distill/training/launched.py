"""A training under `accelerate launch` that ends at a step: `launched.py BASE DATASETS OUT STEP`."""

import sys
from dataclasses import replace
from pathlib import Path

from distill.training import train_expert
from tests.distill.training.small import CONFIG, stop_at

if __name__ == "__main__":
    base, datasets, out = map(Path, sys.argv[1:4])
    train_expert("extract", base, datasets, out, replace(CONFIG, dropout=0.0), callbacks=[stop_at(int(sys.argv[4]))])
