"""The repository itself: the wheel's contents, the registries, and that nothing of one machine leaks in."""

import re
import subprocess
import sys
import tomllib
import zipfile
import zlib
from pathlib import Path

import pytest

from runtime_py import operations

ROOT = Path(__file__).parents[1]
PACKAGES = ["memlora", "calibration", "distill", "evaluation", "export", "memlora_cli", "runtime_py"]
FORBIDDEN = re.compile(
    r"(pypi\.org|pythonhosted|repo1?\.maven|registry\.npmjs|crates\.io|proxy\.golang)|(^|[\s\"'(])/(work|root)/"
)


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_machine_path_or_registry_host_is_named() -> None:
    found = []
    for path in tracked_files():
        if path == Path(__file__) or path.suffix in {".png", ".safetensors", ".bin", ".ptd"}:
            continue
        if path.suffix == ".template":
            text = zlib.decompress(path.read_bytes()).decode("latin-1")
        else:
            text = path.read_text("utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if FORBIDDEN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line[:80]}")
    assert found == []


def test_embedded_model_is_at_most_20_mb_in_git() -> None:
    size = sum(p.stat().st_size for p in tracked_files() if p.is_relative_to(ROOT / "models"))
    assert 0 < size <= 20_000_000


@pytest.mark.parametrize("operation", operations.names())
def test_an_operation_has_every_part(operation: str) -> None:
    """Module, training rows, teacher prompt and golden inputs: CONTRIBUTING.md lists them."""
    from distill.corpus import generate_dialogues
    from distill.datasets import build_datasets
    from distill.prompts import teacher_prompt

    op = operations.get(operation)
    example = next(iter(build_datasets(generate_dialogues("train", 3, 0), operation)))
    given = op.read_input(example.input)
    long_prompt = teacher_prompt(op, given)
    assert long_prompt.count(op.render(given)) == 1
    assert len(long_prompt) > len(op.system) + len(op.render(given))
    assert op.render_output(op.parse(example.target)) == example.target
    assert (ROOT / "export/golden_inputs" / f"{operation}.jsonl").stat().st_size > 0


@pytest.mark.slow
def test_wheel_has_the_rooms_and_the_command(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    top = sorted({name.split("/")[0] for name in names if "dist-info" not in name})
    assert top == sorted([*PACKAGES, "optimum"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    entry = next(name for name in names if name.endswith("entry_points.txt"))
    scripts = zipfile.ZipFile(wheel).read(entry).decode()
    assert all(f"{name} = {target}" in scripts for name, target in project["scripts"].items())
    assert all(f"{package}/py.typed" in names for package in PACKAGES)
