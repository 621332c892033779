"""A training under `torchrun` that ends at a step: `launched.py BASE DATASETS OUT STEP`."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from distill.training import train_expert
from tests.distill.training.small import CONFIG, stop_at

# each process draws its own dropout, and large steps make much of the last bit: both would let losses differ
SETTINGS = replace(CONFIG, dropout=0.0, steps=20, learning_rate=1e-3, targets="all_linear")

if __name__ == "__main__":
    assert os.environ["WORLD_SIZE"] == "2"
    base, datasets, out = map(Path, sys.argv[1:4])
    train_expert("extract", base, datasets, out, SETTINGS, callbacks=[stop_at(int(sys.argv[4]))])
