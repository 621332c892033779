"""The Kotlin library on a JVM does what Python does, token for token and row by row: `memlora parity` on its runner."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from runtime_py.bundle import Bundle
from runtime_py.parity.trace import Verdict, conversation, judge_runner, requests_of

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ANDROID = ROOT / "android_demo"
JAR = ANDROID / "runner" / "target" / "memlora-runner.jar"
SOURCES = (
    *("android_demo/pom.xml", "android_demo/*/pom.xml"),
    *(f"android_demo/{module}/src/main/**/*" for module in ("core", "engine", "runner")),
    *("runtime_py/**/tables", "runtime_py/**/tables/*"),
)
GOLDENS = 4


def is_built() -> bool:
    """Whether the jar and those of ours beside it are newer than all that they are built of, as after `make kotlin`."""
    jars = [JAR, *(JAR.parent / "lib").glob("memlora-*.jar")]
    of = [path for pattern in SOURCES for path in ROOT.glob(pattern)]  # folders too: a file may be gone
    return len(jars) == 3 and JAR.exists() and min(map(_changed, jars)) > max(map(_changed, of))


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns


@pytest.fixture(scope="module")
def runner() -> str:
    """The command, its jar built of the sources as they are."""
    for tool, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is missing: apt-get install {package}")
    words = ["mvn", "-q", "-B", "-f", str(ANDROID / "pom.xml"), "-pl", "runner", "-am", "package", "-DskipTests"]
    if not is_built():
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


def test_kotlin_passes_with_pictures(runner: str, seeing_bundle: Path) -> None:
    bundle = Bundle.open(seeing_bundle)
    asked = requests_of(bundle, conversation(bundle), 2)
    report = judge_runner(bundle, asked, runner, 300)
    assert (report.verdict, report.found, report.requests) == (Verdict.PASS, [], len(asked))
    assert report.tokens == report.equal_tokens > 500


def test_kotlin_refuses_what_is_no_bundle(runner: str, tmp_path: Path) -> None:
    done = subprocess.run([*shlex.split(runner), str(tmp_path)], input="", capture_output=True, text=True)
    assert done.returncode == 2
    assert "manifest.json" in done.stderr
    assert "Exception" not in done.stderr
