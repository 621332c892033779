"""Arm64 writes the tokens that x86 does: Python's runner under qemu on the embedded base, judged by `memlora parity`.

A short script, for qemu interprets every instruction; `make parity-arm64` does more.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from runtime_py.bundle import Bundle
from runtime_py.parity.comparator import PROCESSOR
from runtime_py.parity.trace import Verdict, judge_runner, requests_of
from tests.parity.test_trace import TALK

pytestmark = [pytest.mark.slow, pytest.mark.arm64]
PYTHON = Path(__file__).with_name("arm64") / "python"
GOLDENS = 1


@pytest.fixture(scope="module")
def runner() -> str:
    """The command; without Debian's packages or the wheels a test is skipped, and fails where CI=true."""
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    said = f"{missing[0]} is missing" if missing else ""
    if not said:
        ready = subprocess.run([PYTHON, "-c", "import onnxruntime"], capture_output=True, text=True)
        said = f"no Python for arm64: {ready.stderr[-1000:]}" if ready.returncode else ""
    if said and os.environ.get("CI") == "true":
        pytest.fail(said)
    if said:
        pytest.skip(said)
    return f"{shlex.quote(str(PYTHON))} -m runtime_py.parity.runner"


def test_arm64_writes_the_same_tokens(runner: str, tiny_bundle: Path) -> None:
    bundle = Bundle.open(tiny_bundle)
    asked = requests_of(bundle, TALK, GOLDENS)
    report = judge_runner(bundle, asked, runner, 600)
    assert (report.verdict, report.found) == (Verdict.PASS, [])
    assert report.leg is PROCESSOR
    assert report.requests == len(asked)
    assert report.tokens == report.equal_tokens > 50
