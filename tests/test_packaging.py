"""What is published: the same bytes from any checkout, and a memory where nothing else is installed."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

from tests.test_repository import PACKAGES, ROOT

pytestmark = pytest.mark.slow
PUBLISHED = (*PACKAGES, "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore")


def build(
    source: Path, out: Path, kinds: Iterable[str], mask: int = 0o022, epoch: int | None = None
) -> dict[str, bytes]:
    """The files that hatchling, the build backend, makes of a folder, by name; it asks no network.

    `epoch` is the moment that packagers ask for (`SOURCE_DATE_EPOCH`).
    """
    targets = [word for kind in kinds for word in ("-t", kind)]
    command = [sys.executable, "-m", "hatchling", "build", *targets, "-d", str(out)]
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    environment |= {} if epoch is None else {"SOURCE_DATE_EPOCH": str(epoch)}
    subprocess.run(command, cwd=source, check=True, capture_output=True, env=environment, umask=mask)
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published, as git has it or would take it, with other dates and rights, and things that lie about."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PUBLISHED]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    for name in reversed(names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
            os.utime(folder / name, (1e9, 1e9))
            (folder / name).chmod(0o600)
    (folder / "notes.txt").write_text("mine")
    (folder / "runtime_py" / "__pycache__").mkdir()
    (folder / "runtime_py" / "__pycache__" / "x.pyc").write_bytes(b"x")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheel and source distribution of this checkout."""
    out = tmp_path_factory.mktemp("dist")
    build(ROOT, out, ("wheel", "sdist"))
    return out


def test_the_same_bytes_from_another_checkout(built: Path, checkout: Path, tmp_path: Path) -> None:
    again = build(checkout, tmp_path / "again", ("wheel", "sdist"), mask=0o077)
    assert again == {path.name: path.read_bytes() for path in built.iterdir()}


def test_the_moment_that_is_asked_for_is_every_files(checkout: Path, tmp_path: Path) -> None:
    made = build(checkout, tmp_path / "once", ("wheel",), epoch=1_700_000_000)
    assert made == build(ROOT, tmp_path / "again", ("wheel",), epoch=1_700_000_000)
    (wheel,) = (tmp_path / "once").glob("*.whl")
    assert {entry.date_time for entry in zipfile.ZipFile(wheel).infolist()} == {(2023, 11, 14, 22, 13, 20)}


def test_the_source_makes_the_same_wheel(built: Path, tmp_path: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    top = {path.name for path in folder.iterdir()}
    assert top == {*PUBLISHED, "PKG-INFO"}
    (wheel,) = built.glob("*.whl")
    assert build(folder, tmp_path / "wheel", ("wheel",)) == {wheel.name: wheel.read_bytes()}


def test_wheel_has_the_rooms_and_the_command(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    top = sorted({name.split("/")[0] for name in names if "dist-info" not in name})
    assert top == sorted([*PACKAGES, "optimum"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    entry = next(name for name in names if name.endswith("entry_points.txt"))
    scripts = zipfile.ZipFile(wheel).read(entry).decode()
    assert all(f"{name} = {target}" in scripts for name, target in project["scripts"].items())
    assert all(f"{package}/py.typed" in names for package in PACKAGES)


def base_packages() -> list[Distribution]:
    """What `pip install memlora` brings: its dependencies and theirs, without any extra, of those installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, Distribution] = {}
    wanted = list(project["dependencies"])
    while wanted:
        requirement = wanted.pop()
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")
        if name in found or "extra ==" in requirement:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            assert ";" in requirement, f"{name} is not installed"  # of another system or version
            continue
        wanted += found[name].requires or []
    return list(found.values())


@pytest.fixture(scope="module")
def alone(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds the wheel and its dependencies, and nothing else of this one."""
    folder = tmp_path_factory.mktemp("alone")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in base_packages():
        for name in {file.parts[0] for file in package.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            place = Path(str(package.locate_file(name)))
            if not (site / name).exists() and place.exists():
                (site / name).symlink_to(place)
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(site)
    command = folder / "bin" / "memlora"
    command.write_text(f"#!{folder}/bin/python\nimport sys\nfrom memlora_cli.main import main\nsys.exit(main())\n")
    command.chmod(0o755)
    return folder / "bin"


def run(alone: Path, words: list[str], folder: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{alone}:{os.environ['PATH']}", "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    return subprocess.run(words, cwd=folder, env=environment, input=stdin, capture_output=True, text=True)


def test_a_chat_where_nothing_else_is_installed(alone: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    helped = run(alone, ["memlora", "--help"], tmp_path)
    assert (helped.returncode, helped.stderr) == (0, "")
    said = "I live in Kluvo.\nWhere do I live?\n"
    talk = run(alone, ["memlora", "chat", str(tiny_bundle), "--store", "s.db"], tmp_path, said)
    assert (talk.returncode, talk.stderr) == (0, "")
    assert "Kluvo" in talk.stdout


def test_a_card_where_nothing_else_is_installed(alone: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    done = run(alone, ["memlora", "card", str(tiny_bundle)], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "library_name: " in done.stdout


def test_what_is_not_installed_is_named(alone: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    done = run(alone, ["memlora", "mcp", str(tiny_bundle)], tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "pip install 'memlora[mcp]'" in done.stderr


def test_it_is_alone(alone: Path, tmp_path: Path) -> None:
    code = "import importlib.util as u, sys; print([name for name in sys.argv[1:] if u.find_spec(name)])"
    done = run(alone, ["python", "-c", code, "torch", "transformers", "mcp", "pytest"], tmp_path)
    assert done.stdout == "[]\n"
