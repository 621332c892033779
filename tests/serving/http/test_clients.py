"""The released clients of OpenAI and Mem0, unmodified, on the tiny bundle."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime_py.engines import DEFAULT
from serving.http import Opened, Settings
from tests.serving.http import callers
from tests.serving.http.conftest import Served, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def opened(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return Opened.open(tiny_bundle, tmp_path_factory.mktemp("served") / "store.db", DEFAULT)


@pytest.fixture(scope="module")
def served(opened: Opened) -> Iterator[Served]:
    with serving(opened, Settings(port=0)) as running:
        yield running


@pytest.fixture
def call(served: Served, tmp_path: Path) -> Any:
    """`call(name)`: what that caller prints, run where nothing but the server can be reached by a proxy's setting."""

    def run(name: str) -> dict[str, Any]:
        for package in ("openai", *(["mem0"] if name != "openai" else [])):
            if importlib.util.find_spec(package) is None:
                pytest.skip(f"{package} is missing: pip install 'memlora[clients]'")
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment |= {"HOME": str(tmp_path), "MEM0_DIR": str(tmp_path / "mem0"), "MEM0_TELEMETRY": "False"}
        command = [sys.executable, callers.__file__, name, served.url, str(tmp_path)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


def test_openais_client(call: Any) -> None:
    done = call("openai")
    assert (done["told"], done["answered"], done["streamed"]) == ("Remembered: I live in Kluvo", "Kluvo", "Kluvo")
    assert done["dimension"] == 384
    assert len(done["models"]) == 2
    assert "wrong n: expected 1 answer" in done["refused"]


def test_mem0s_client(call: Any, opened: Opened) -> None:
    opened.memory.reset()
    assert call("mem0_client") == {
        "added": [["I live in Kluvo", "ADD"]],
        "searched": "I live in Kluvo",
        "users_found": ["tom"],
        "listed": ["I live in Kluvo", "I work as a baker"],
        "metadata": {"mood": "good"},
        "shown": "I live in Paris",
        "history": [["ADD", "I live in Kluvo"], ["UPDATE", "I live in Paris"]],
        "users": ["tom", "eve"],
        "gone": True,
        "left": ["I work as a cook"],
        "at_last": 0,
    }


def test_mem0s_memory_on_the_bundles_model_and_embedder(call: Any) -> None:
    assert call("mem0_memory") == {"added": ["I live in Kluvo"], "again": [], "found": ["I live in Kluvo"]}


def test_mem0s_older_prompts(call: Any) -> None:
    done = call("older_prompts")
    assert done["facts"] == done["users_facts"] == {"facts": ["I live in Kluvo"]}
    assert done["agents_facts"] == {"facts": []}
    assert [(row["event"], row["text"]) for row in done["changes"]["memory"]] == [("ADD", "I live in Kluvo")]
    assert done["first_changes"]["memory"] == [{"id": "0", "text": "I live in Kluvo", "event": "ADD"}]
