"""What the code and corpus of an earlier commit make: experts know the rows of the day they were taught."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def run_at(commit: str, code: str, folder: Path, *arguments: str) -> Any:
    """The JSON that `code` prints, run in the empty `folder` on `distill` and `runtime_py` as they stood at `commit`.

    Skips where this clone's history lacks the commit.
    """
    packed = subprocess.run(["git", "archive", commit, "distill", "runtime_py"], cwd=ROOT, capture_output=True)
    if packed.returncode:
        pytest.skip(f"commit {commit}: expected it in the history of this clone, got {packed.stderr.decode()!r}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        files.extractall(folder, filter="data")
    made = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)
