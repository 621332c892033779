"""The same on Ray: the same bytes, also where a worker is killed; no key in what Ray writes; nothing but loopback."""

import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.made.talks import talks
from benchmarks.made.teacher import FakeTeacher
from distill.labelling import label_dialogues, run_here
from runtime_py.errors import ConfigError
from tests.distill.labelling.conftest import KEY_NAME, files, job

if os.environ.get("CI") != "true" and find_spec("ray") is None:
    pytest.skip("ray is missing: pip install -e '.[ray]'", allow_module_level=True)

Fake = Callable[..., FakeTeacher]
KEY = "sk-planted-4567"


@pytest.fixture
def ray_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where Ray keeps its logs: a short path, as sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="r") as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        yield Path(folder)


@pytest.mark.slow
def test_ray_makes_the_same_bytes_though_a_worker_is_killed(
    fake: Fake, tmp_path: Path, ray_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distill.labelling.on_ray import open_ray, ray

    monkeypatch.setenv(KEY_NAME, KEY)
    teacher = fake(speed=4.0, trouble=0.2, replays=True)
    killed: list[int] = []
    listening: list[Any] = []

    def kill_one() -> None:
        while len(teacher.counts.answered) < 20:
            time.sleep(0.005)
        for process in psutil.Process().children(recursive=True):
            listening.extend(c.laddr for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN)
            if not killed and "RayWorker" in "".join(process.cmdline()):
                process.send_signal(signal.SIGKILL)
                killed.append(process.pid)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    with open_ray(2) as run:
        on_ray = label_dialogues(talks(16), job(teacher, tmp_path / "ray", workers=2), tmp_path / "ray", run)
    killer.join()
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
    assert killed
    told = teacher.counts.as_json()
    assert told["answered"] == told["prompts"]
    assert told["answered_again"] == 0
    here = label_dialogues(talks(16), job(fake(trouble=0.2), tmp_path / "here"), tmp_path / "here", run_here)
    assert files(tmp_path / "ray") == files(tmp_path / "here")
    assert on_ray.rows == here.rows
    assert not ray.is_initialized()
    assert teacher.keys == {KEY}
    written = [path for path in ray_folder.rglob("*") if path.is_file()]
    assert written
    for path in [*written, *(tmp_path / "ray").rglob("*")]:
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_what_ray_says_is_one_sentence(ray_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distill.labelling.on_ray import _explained, open_ray, ray

    with pytest.raises(ConfigError, match="to the end, got OutOfMemoryError: none left;"), _explained():
        raise ray.exceptions.OutOfMemoryError("A worker died.\nnone left.")
    with pytest.raises(ZeroDivisionError), _explained():  # no word of Ray's
        raise ZeroDivisionError
    monkeypatch.setenv("RAY_TMPDIR", str(ray_folder / ("deep" * 30)))
    with pytest.raises(ConfigError, match="Ray: expected a cluster to start here, got "), open_ray(1):
        pass
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(ConfigError, match=f"expected a Ray cluster that listens at {address}, got"), open_ray(1):
        pass
