"""The Kotlin library on a JVM does what Python does, token for token and row by row: `memlora parity` on its runner."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from runtime_py.bundle import Bundle
from runtime_py.parity.trace import Verdict, conversation, judge_runner, requests_of

pytestmark = pytest.mark.slow
ANDROID = Path(__file__).parents[2] / "android_demo"
JAR = ANDROID / "runner" / "target" / "memlora-runner.jar"
GOLDENS = 4


@pytest.fixture(scope="module")
def runner() -> str:
    """The command, its jar built of the sources as they are."""
    for tool, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is missing: apt-get install {package}")
    words = ["mvn", "-q", "-B", "-f", str(ANDROID / "pom.xml"), "-pl", "runner", "-am", "package", "-DskipTests"]
    built = subprocess.run(words, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout[-4000:]
    return f"java -jar {shlex.quote(str(JAR))}"


def test_kotlin_passes(runner: str, tiny_bundle: Path) -> None:
    bundle = Bundle.open(tiny_bundle)
    asked = requests_of(bundle, conversation(), GOLDENS)
    report = judge_runner(bundle, asked, runner, 300)
    assert (report.verdict, report.found) == (Verdict.PASS, [])
    assert report.requests == len(asked)
    assert report.tokens == report.equal_tokens > 500
    assert report.equal_rows > 100  # the others hold a vector within the leg's tolerance, or the verdict were another


def test_kotlin_refuses_what_is_no_bundle(runner: str, tmp_path: Path) -> None:
    done = subprocess.run([*shlex.split(runner), str(tmp_path)], input="", capture_output=True, text=True)
    assert done.returncode == 2
    assert "manifest.json" in done.stderr
    assert "Exception" not in done.stderr
