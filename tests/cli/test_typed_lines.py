"""`memlora chat` on a terminal: keys edit the line, and no file but the store keeps it."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from memlora_cli.memory.lines import PROMPT
from runtime_py.store import Store
from tests.runtime_py.script import WordEmbedder

CHAT = """
from memlora_cli.main import main
from memlora_cli.memory import chat
from runtime_py.memory import Memory
from runtime_py.store import Store
from tests.runtime_py.script import Script, WordEmbedder
chat.open_memory = lambda *_: Memory(Script(), WordEmbedder(), Store("s.db", WordEmbedder()))
raise SystemExit(main(["chat", "b"]))
"""
ROOT = Path(__file__).parents[2]
LEFT, UP, HOME, DELETE = b"\x1b[D", b"\x1b[A", b"\x1b[H", b"\x1b[3~"
PATIENCE_S = 300


class Terminal:
    """A chat whose keys are pressed one line after the other, each when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder), "TERM": "xterm", "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", CHAT], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self.shown = b""

    def press(self, keys: bytes) -> None:
        self._await(PROMPT.encode())
        os.write(self._ours, keys)

    def end(self) -> int:
        self._await(b"")
        return self._process.wait(PATIENCE_S)

    def _await(self, text: bytes) -> None:
        """Read until `text` ends what is shown since the last call, or to the end of all for an empty one."""
        seen, patience = b"", time.monotonic() + PATIENCE_S
        while not (text and seen.endswith(text)) and time.monotonic() < patience:
            if not select.select([self._ours], [], [], 1)[0]:
                continue
            try:
                read = os.read(self._ours, 4096)
            except OSError:  # the other side is closed
                read = b""
            if not read:
                break
            seen += read
            self.shown += read


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def turns(folder: Path) -> list[str]:
    with Store(folder / "s.db", WordEmbedder()) as store:
        return [str(row["text"]) for row in store.rows("SELECT text FROM turns ORDER BY id")]


def test_arrow_keys_edit_the_line_and_leave_nothing_in_it(terminal: Terminal, tmp_path: Path) -> None:
    terminal.press(b"*Ana lives in Zwole*" + 2 * LEFT + b"l\r")
    terminal.press(UP + HOME + DELETE + b"*Now \r")
    terminal.press(b"\x04")
    assert terminal.end() == 0
    assert turns(tmp_path) == ["*Ana lives in Zwolle*", "*Now Ana lives in Zwolle*"]


def test_what_was_typed_is_in_no_file_but_the_store(terminal: Terminal, tmp_path: Path) -> None:
    terminal.press(b"*Ana lives in Zwolle*\r")
    terminal.press(b"/quit\r")
    assert terminal.end() == 0
    assert {path.name for path in tmp_path.iterdir()} == {"s.db"}


def test_bytes_that_are_no_text_are_replaced(terminal: Terminal, tmp_path: Path) -> None:
    terminal.press(b"*Ana likes \xff*\r")
    terminal.press(b"/quit\r")
    assert terminal.end() == 0
    assert turns(tmp_path) == ["*Ana likes \N{REPLACEMENT CHARACTER}*"]
    assert b"Traceback" not in terminal.shown
