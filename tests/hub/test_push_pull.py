"""`memlora push` and `memlora pull` against a hub on loopback, and where there is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.served import Repositories, serve_hub

ROOT = Path(__file__).parents[2]
EXPERT = ROOT / "models" / "memlora-tiny" / "adapters" / "extract"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hub() -> Iterator[tuple[str, Repositories]]:
    with serve_hub() as served:
        yield served


def run(words: list[str], folder: Path, endpoint: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder / "home"),
        "HF_ENDPOINT": endpoint,
        "HF_TOKEN": "hf_secretsecret",
        **more,
    }
    command = [sys.executable, "-m", "memlora_cli.main", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert "hf_secretsecret" not in done.stdout + done.stderr
    return done


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_expert_there_and_back(hub: tuple[str, Repositories], tmp_path: Path) -> None:
    endpoint, repositories = hub
    repositories["me/expert"] = {".gitattributes": b"", "old.bin": b"from before"}
    done = run(["push", str(EXPERT), "me/expert"], tmp_path, endpoint)
    assert done.returncode == 0, done.stderr
    assert {name: data for name, data in repositories["me/expert"].items() if name != ".gitattributes"} == contents(
        EXPERT
    )
    done = run(["pull", "me/expert", "--out", "got"], tmp_path, endpoint)
    assert done.returncode == 0, done.stderr
    assert "adapter, me/expert at " in done.stdout
    assert contents(tmp_path / "got") == contents(EXPERT)


def test_what_was_changed_on_the_hub_does_not_appear(hub: tuple[str, Repositories], tmp_path: Path) -> None:
    endpoint, repositories = hub
    repositories["me/bad"] = contents(EXPERT) | {"adapter_config.json": b"{}"}
    done = run(["pull", "me/bad", "--out", "got"], tmp_path, endpoint)
    assert done.returncode == 2
    assert "got a changed or missing one" in done.stderr
    assert not (tmp_path / "got").exists()


def test_what_is_not_whole_is_not_sent(hub: tuple[str, Repositories], tmp_path: Path) -> None:
    endpoint, repositories = hub
    shutil.copytree(EXPERT, tmp_path / "mine")
    (tmp_path / "mine" / "diary.txt").write_text("mine")
    done = run(["push", "mine", "me/mine"], tmp_path, endpoint)
    assert done.returncode == 2
    assert "expected only files listed in manifest.json, got diary.txt" in done.stderr
    assert "me/mine" not in repositories


@pytest.mark.parametrize("words", [["pull", "me/none"], ["push", str(EXPERT), "me/expert"]])
@pytest.mark.parametrize("offline", ["0", "1"])
def test_without_a_network_it_is_one_sentence(words: list[str], offline: str, tmp_path: Path) -> None:
    done = run(words, tmp_path, "http://127.0.0.1:9", HF_HUB_OFFLINE=offline)
    assert done.returncode == 2
    assert "check name, network and login" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_bundle_there_and_back(hub: tuple[str, Repositories], tiny_bundle: Path, tmp_path: Path) -> None:
    endpoint, _ = hub
    assert run(["push", str(tiny_bundle), "me/tiny"], tmp_path, endpoint).returncode == 0
    done = run(["pull", "me/tiny"], tmp_path, endpoint)
    assert "tiny: bundle, me/tiny at " in done.stdout, done.stderr
    assert contents(tmp_path / "tiny") == contents(tiny_bundle)
