"""Small talk (`smalltalk.txt`): what people say and answer that nobody has to remember."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from runtime_py.errors import ConfigError

SECTIONS = ("hello", "chat", "ask", "friends", "noted", "oh", "lead", "tail", "filler", "please")
PAIRED = ("hello", "chat", "ask", "friends")
"""Sections whose lines hold what one says and what the other answers, parted by ` | `."""


@cache
def smalltalk() -> Mapping[str, Sequence[str]]:
    """The lines of each section. Raises `ConfigError` for another section, or a line out of form."""
    return read_smalltalk((files("distill.corpus.broad") / "smalltalk.txt").read_text("utf-8"))


def read_smalltalk(text: str) -> dict[str, list[str]]:
    """Reads `[section]` headings with a line a saying; lines of `#` are remarks."""
    found: dict[str, list[str]] = {}
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            if section not in SECTIONS:
                raise ConfigError(
                    f"smalltalk.txt:{number}: expected a section out of {', '.join(SECTIONS)}, got {line!r}"
                )
            found[section] = []
        elif not section or (line.count(" | ") != (section in PAIRED)):
            raise ConfigError(
                f"smalltalk.txt:{number}: expected a section's line, two parts where it is answered, got {line!r}"
            )
        else:
            found[section].append(line)
    if missing := set(SECTIONS) - set(found):
        raise ConfigError(f"smalltalk.txt: expected all sections, got no {', '.join(sorted(missing))}; add them")
    return found
