"""Lines of UTF-8 text files. A line ends with a line feed and with nothing else.

`str.splitlines` also cuts at U+2028, U+2029, U+0085 and other marks, which JSON may write as themselves in a string.
"""

from collections.abc import Iterator
from pathlib import Path

from runtime_py.errors import ConfigError


def read_lines(path: Path, what: str) -> Iterator[tuple[int, str]]:
    """(number from 1, text) of each line that is not blank, one at a time; `\\r` before the line feed is dropped.

    `what` names such a file in errors: "dialogue file". Raises `ConfigError`: unreadable, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = _decode(line, f"{path}:{number}")
                if text.strip():
                    yield number, text.removesuffix("\n").removesuffix("\r")
    except OSError as e:
        raise ConfigError(f"{path}: expected a readable {what}, got {e.strerror}; check the path") from e


def _decode(line: bytes, place: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as e:
        raise ConfigError(f"{place}: expected UTF-8 text, got byte {line[e.start]:#04x}; save it as UTF-8") from e
