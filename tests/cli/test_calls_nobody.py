"""A private memory calls nobody: every command without a network, its sockets, look-ups and written files counted.

`push` and `pull` are there for a hub (tests/hub).
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from memlora_cli.commands import COMMANDS
from runtime_py.privacy import OFFLINE, SILENCE
from runtime_py.store import Photo, Store
from tests.cli.watched import Watched, watch

pytestmark = pytest.mark.slow
TINY = Path(__file__).parents[2] / "models" / "memlora-tiny"
DIALOGUE = {
    "format": "memlora.dialogue",
    "version": 1,
    "id": "d1",
    "speakers": ["Ana", "Bob"],
    "sessions": [{"date": "2023-05-08", "turns": [{"id": "t1", "speaker": "Ana", "text": "I live in Kluvo."}]}],
    "questions": [],
}
# In the order in which they can run; the store is s.db. `{b}` is the bundle, `{m}` the embedded model.
USE = {
    "add": "add {b} 'I live in Kluvo.' --store s.db",
    "ask": "ask {b} 'Where do I live?' --store s.db",
    "search": "search {b} Kluvo --store s.db",
    "list": "list --store s.db",
    "history": "history --store s.db",
    "photo": "photo 1 --store p.db --out photo.png",
    "ingest": "ingest {b} d.jsonl --store s.db",
    "reindex": "reindex {b} --store s.db",
    "check": "check --store s.db",
    "backup": "backup copy.db --store s.db",
    "edit": "edit {b} 1 'I live in Paris.' --store s.db",
    "undo": "undo {b} --store s.db",
    "forget": "forget --everything --store s.db",
    "card": "card {b}",
    "verify": "verify {b}",
    "parity": "parity {b} --goldens 1 --runner '{p} -m runtime_py.parity.runner'",
}
MAKE = {
    "corpus": "corpus --out data --rows 60 --held-out-rows 4 --dialogues 1",
    "import": "import chat chat.txt --out chat.jsonl",
    "label": "label d.jsonl --teacher http://127.0.0.1:9/v1 --teacher-model m --out labelled --dry-run",
    "teacher": "teacher oracle --data data --out tried --rows 4",
    "base": "base {m} --out checkpoint",
    "quantize": "quantize {m} --out base --scale-search mse",
    "calibrate": "calibrate {m} --base base --data text.txt --tokens 384",
    "inspect": "inspect {m}/adapters/extract --base base",
    "distill": "distill base --data data --out adapters --preset quick --operation extract --config short.toml",
    "ranges": "ranges base --adapters {m}/adapters --data data/datasets --out ranges",
    "export": "export base --adapters {m}/adapters --out made --target onnx --golden-prompts 1",
    "link": "link made {m}/adapters/extract --out linked",
    "eval": "eval {b} --data data --out results --limit 1 --dialogues 1 --plot figures.png",
    "reproduce": "reproduce --dry-run --plan --base base",
    "bench": "bench quick {b} --prompt 8 --decode 2 --repeats 1 --plot bench.png",
}
OWN_CACHE = "home/.cache/memlora"
# `memlora mcp` as long as a client uses it; the client is its parent and is watched too.
TOOLS = """
import anyio, os, sys
from mcp import Client, StdioServerParameters, stdio_client
words = ["-m", "memlora_cli.main", "mcp", sys.argv[1], "--store", "tools.db"]
server = StdioServerParameters(command=sys.executable, args=words, env=dict(os.environ))
async def use():
    async with Client(stdio_client(server)) as client:
        await client.call_tool("add", {"text": "I live in Kluvo."})
        print((await client.call_tool("ask", {"question": "Where do I live?"})).structured_content)
        await anyio.sleep(12)
anyio.run(use)
"""
# The whole of `memlora demo --tiny`, with two steps an expert where it has a hundred, and a row where it has sixty.
DEMO = """
from dataclasses import replace
from memlora_cli.main import main
from distill.training import start
from memlora_cli.judgement import stories
stories.TINY_ROWS, stories.TINY_HELD_OUT_ROWS, stories.TINY_DIALOGUES = 60, 4, 1
load = start.load_config
start.load_config = lambda *given: replace(load(*given), steps=2, evaluate_every=2)
main(["demo", "--tiny", "--out", "demo"])
"""

# `memlora serve` as long as a client uses it. A new namespace's own address is down until somebody wants it.
SERVE = """
import fcntl, json, os, signal, socket, struct, sys, threading, time, urllib.request
from memlora_cli.main import main
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x41))
def use():
    chat = {"messages": [{"role": "user", "content": "I live in Kluvo."}]}
    head = {"Content-Type": "application/json"}
    call = urllib.request.Request("http://127.0.0.1:8417/v1/chat/completions", json.dumps(chat).encode(), head)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(600):
        try:
            print(opener.open(call).read().decode())
            break
        except OSError:
            time.sleep(0.1)
    time.sleep(12)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=use).start()
sys.exit(main(["serve", sys.argv[1], "--store", "served.db"]))
"""
_OWN_ADDRESS = re.compile(r"socket\(AF_INET|sin_addr=inet_addr\(\"127\.0\.0\.1\"\)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("private")
    (folder / "d.jsonl").write_text(json.dumps(DIALOGUE) + "\n", "utf-8")
    (folder / "chat.txt").write_text("Ana: I live in Kluvo.\nBob: Nice.\n", "utf-8")
    (folder / "text.txt").write_text("".join(f"Ana told Bob about day {n} in Kluvo.\n" for n in range(200)), "utf-8")
    (folder / "short.toml").write_text("steps = 2\n", "utf-8")
    with Store(folder / "p.db", None) as store:
        turns = store.put_exchange("me", "k", "s", None, [("user", "", "Look")], "empty")
        store.put_photos("me", turns, [Photo(np.zeros((8, 8, 3), np.uint8))])
    return folder


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path) -> Iterator[tuple[Future[Watched], Path]]:
    """A chat of 30 seconds after its start in a folder of its own, beside which other commands run."""
    folder = tmp_path_factory.mktemp("chat")
    words = ["-m", "memlora_cli.main", "chat", str(tiny_bundle), "--store", "talk.db"]
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(watch, words, folder, "I live in Kluvo.\nWhere do I live?\n", 45.0), folder


def check(done: Watched, folder: Path, named: Sequence[str]) -> None:
    assert done.code == 0, done.err
    assert done.network == []
    allowed = [folder / name for name in (*named, "tmp", OWN_CACHE)]
    outside = [
        path
        for path in sorted(done.written)
        if not str(path).startswith(("/dev/", "/proc/", *map(str, allowed)))
        and path not in (folder / "home", folder / "home/.cache")
    ]
    assert outside == []


def test_the_watcher_sees_a_call_a_lookup_and_a_file(tmp_path: Path) -> None:
    code = (
        "import socket, contextlib\n"
        "with contextlib.suppress(OSError): socket.create_connection(('192.0.2.1', 80), 1)\n"
        "with contextlib.suppress(OSError): socket.getaddrinfo('example.invalid', 80)\n"
        "open('home/device-id', 'w').close()"
    )
    done = watch(["-c", code], tmp_path)
    assert any("192.0.2.1" in line for line in done.network)
    assert any("/etc/resolv.conf" in line for line in done.network)
    assert tmp_path / "home/device-id" in done.written
    with pytest.raises(AssertionError):
        check(done, tmp_path, ["s.db"])


def test_every_command_is_watched() -> None:
    assert {*USE, *MAKE, "chat", "demo", "mcp", "serve", "push", "pull"} == set(COMMANDS)


@pytest.mark.usefixtures("chat")
@pytest.mark.parametrize("name", USE)
def test_a_memory_calls_nobody(name: str, folder: Path, tiny_bundle: Path) -> None:
    done = run(USE[name], folder, tiny_bundle)
    check(done, folder, ["s.db", "copy.db", ".copy.db", "p.db", "photo.png", ".photo.png"])
    assert list((folder / "home").rglob("*")) == []
    assert list((folder / "tmp").rglob("*")) == []


@pytest.mark.parametrize("name", MAKE)
def test_making_and_judging_a_bundle_call_nobody(name: str, folder: Path, tiny_bundle: Path) -> None:
    made = ["base", "adapters", "made", "linked", "results", "figures", "bench", "tried", "ranges"]
    named = ["data", "chat.jsonl", "checkpoint", *made]
    check(run(MAKE[name], folder, tiny_bundle), folder, [part for name in named for part in (name, f".{name}")])


def test_the_demo_calls_nobody(folder: Path) -> None:
    """The one without `--tiny` gets its base as `base` does, which is watched; the rest of it is the same."""
    check(watch(["-c", DEMO], folder), folder, ["demo", ".demo"])
    assert (folder / "demo" / "memlora-tiny" / "report.html").is_file()


def test_a_chat_of_30_seconds_calls_nobody(chat: tuple[Future[Watched], Path]) -> None:
    """ONNX Runtime's first call came nine seconds after its import."""
    done, folder = chat[0].result(), chat[1]
    check(done, folder, ["talk.db"])
    assert "Kluvo" in done.out


def test_serving_calls_nobody_and_opens_nothing_but_loopback(folder: Path, tiny_bundle: Path) -> None:
    pytest.importorskip("fastapi", reason="fastapi is missing: pip install 'memlora[serve]'")
    done = watch(["-c", SERVE, str(tiny_bundle)], folder)
    left = [line for line in done.network if not _OWN_ADDRESS.search(line)]
    check(replace(done, network=left), folder, ["served.db"])
    assert "Remembered: I live in Kluvo" in done.out


def test_tools_for_a_model_call_nobody(folder: Path, tiny_bundle: Path) -> None:
    pytest.importorskip("mcp", reason="the extra mcp is missing: pip install -e '.[mcp]'")
    done = watch(["-c", TOOLS, str(tiny_bundle)], folder)
    check(done, folder, ["tools.db"])
    assert "Kluvo" in done.out


def run(command: str, folder: Path, bundle: Path) -> Watched:
    words = shlex.split(
        command.format(b=shlex.quote(str(bundle)), m=shlex.quote(str(TINY)), p=shlex.quote(sys.executable))
    )
    return watch(["-m", "memlora_cli.main", *words], folder)


@pytest.mark.parametrize("room", ["runtime_py", "distill", "calibration", "export", "evaluation", "memlora_cli.main"])
def test_every_room_silences_what_it_imports_next(room: str) -> None:
    """A warning would say that the runtime came first."""
    code = f"import {room}, os, sys; print(*(os.environ.get(name) for name in sys.argv[1:]))"
    if room == "memlora_cli.main":  # it imports nothing until a command is known
        code = code.replace(
            "import memlora_cli.main,", "import memlora_cli.main as m; m.main(['chat', '--help']); import"
        )
    environment = {name: value for name, value in os.environ.items() if name not in SILENCE}
    done = subprocess.run([sys.executable, "-c", code, *SILENCE], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == " ".join(SILENCE.values())
    assert "imported before memlora" not in done.stderr


@pytest.mark.parametrize(
    ("command", "offline"),
    [("base", "None"), ("push", "None"), ("pull", "None"), ("export", "1"), ("distill", "1"), ("chat", "1")],
)
def test_only_a_download_that_is_asked_for_may_reach_the_hub(command: str, offline: str) -> None:
    code = (
        f"from memlora_cli.main import main; main([{command!r}, '--help']); import os; "
        "print(os.environ.get('HF_HUB_OFFLINE'))"
    )
    environment = {name: value for name, value in os.environ.items() if name not in OFFLINE}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == offline


def test_too_late_is_said() -> None:
    code = "import onnxruntime, runtime_py"
    environment = {name: value for name, value in os.environ.items() if name not in SILENCE}
    environment["HOME"] = os.devnull  # nothing is kept
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "onnxruntime was imported before memlora" in done.stderr
    assert done.returncode == 0
