"""`memlora push` and `memlora pull` against a hub on loopback, and where there is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.served import WRONG, Repositories, serve_hub

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
        "HF_HUB_DISABLE_XET": "1",  # the fake speaks LFS, the hub's older protocol
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
    there = dict(repositories["me/expert"])
    card = run(["card", str(EXPERT)], tmp_path, endpoint).stdout
    assert "memlora-expert" in card
    assert there.pop("README.md").decode() == card
    assert there.pop(".gitattributes") == b""
    assert there == contents(EXPERT)
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


def test_people_write_on_the_card_and_everything_else_is_held_to_its_hash(
    hub: tuple[str, Repositories], tmp_path: Path
) -> None:
    endpoint, repositories = hub
    (tmp_path / "card.md").write_text("---\nlicense: mit\n---\nMine.\n", "utf-8")
    assert run(["push", str(EXPERT), "me/told", "--card", "card.md"], tmp_path, endpoint).returncode == 0
    assert repositories["me/told"]["README.md"] == b"---\nlicense: mit\n---\nMine.\n"
    repositories["me/told"]["README.md"] += b"And more."
    done = run(["pull", "me/told", "--out", "got"], tmp_path, endpoint)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "got") == contents(EXPERT)


def test_a_card_without_a_head_is_refused_and_nothing_is_sent(hub: tuple[str, Repositories], tmp_path: Path) -> None:
    endpoint, repositories = hub
    (tmp_path / "card.md").write_text("Mine.", "utf-8")
    done = run(["push", str(EXPERT), "me/headless", "--card", "card.md"], tmp_path, endpoint)
    assert done.returncode == 2
    assert "Invalid metadata in README.md" in done.stderr
    assert "adapter_config.json" not in repositories["me/headless"]


@pytest.mark.parametrize(
    ("words", "token", "said"),
    [
        (["pull", "me/none"], "hf_secretsecret", "none of that name and revision that you may see"),
        (["pull", "me/expert", "--out", "got"], WRONG, "no token or a wrong one"),
        (["push", str(EXPERT), "me/expert"], WRONG, "no token or a wrong one"),
        (["push", str(EXPERT), "theirs/expert"], "hf_secretsecret", "a token without the right to it"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(
    hub: tuple[str, Repositories], words: list[str], token: str, said: str, tmp_path: Path
) -> None:
    endpoint, repositories = hub
    repositories.setdefault("me/expert", {})
    before = dict(repositories["me/expert"])
    done = run(words, tmp_path, endpoint, HF_TOKEN=token)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert token not in done.stdout + done.stderr
    assert repositories["me/expert"] == before
    assert [path.name for path in tmp_path.iterdir()] in ([], ["home"])


def test_a_file_that_comes_by_half_leaves_nothing(hub: tuple[str, Repositories], tmp_path: Path) -> None:
    endpoint, repositories = hub
    repositories["me/torn"] = contents(EXPERT) | {"torn": b"x" * 1000}
    done = run(["pull", "me/torn", "--out", "got"], tmp_path, endpoint)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] in ([], ["home"])


@pytest.mark.parametrize("words", [["pull", "me/none"], ["push", str(EXPERT), "me/expert"]])
@pytest.mark.parametrize("offline", ["0", "1"])
def test_without_a_network_it_is_one_sentence(words: list[str], offline: str, tmp_path: Path) -> None:
    done = run(words, tmp_path, "http://127.0.0.1:9", HF_HUB_OFFLINE=offline)
    assert done.returncode == 2
    assert "check name, network and login" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_bundle_there_and_back(hub: tuple[str, Repositories], tiny_bundle: Path, tmp_path: Path) -> None:
    endpoint, repositories = hub
    assert any(len(data) > 1_000_000 for data in contents(tiny_bundle).values()), "expected a file that goes by LFS"
    done = run(["push", str(tiny_bundle), "me/tiny"], tmp_path, endpoint)
    assert done.returncode == 0, done.stderr
    assert b"memlora-bundle" in repositories["me/tiny"]["README.md"]
    done = run(["pull", "me/tiny"], tmp_path, endpoint)
    assert "tiny: bundle, me/tiny at " in done.stdout, done.stderr
    assert contents(tmp_path / "tiny") == contents(tiny_bundle)
