"""Real pictograms: Debian's Noto Color Emoji, found where it is installed and never committed."""

import os
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from distill.corpus.scenes.shares import shares
from runtime_py.errors import ConfigError

PACKAGE = "fonts-noto-color-emoji"
FILE = "NotoColorEmoji.ttf"
VARIABLE = "MEMLORA_EMOJI_FONT"
_PLACES = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
_STRIKE = 109  # the one size in which the font has its bitmaps
_LISTS: dict[str, Any] = tomllib.loads((files("distill.corpus.scenes") / "pictograms.toml").read_text("utf-8"))
CATEGORIES: dict[str, dict[str, str]] = {
    category: dict(pair.split() for pair in listed.split(",")) for category, listed in _LISTS["category"].items()
}
_NEAR = {frozenset(pair) for pair in _LISTS["near"]}
_SHARES = {category: shares(list(names)) for category, names in CATEGORIES.items()}


def names(split: str, category: str) -> tuple[str, ...]:
    """The pictograms of a category that belong to the split."""
    return _SHARES[category][split]


def plural(name: str) -> str:
    """`fox` as `foxes`."""
    irregular: dict[str, str] = _LISTS["plurals"]
    if name in irregular:
        return irregular[name]
    if name.endswith("y") and name[-2] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def told_apart(category: str) -> tuple[str, ...]:
    """Categories of which one thing among things of `category` is plainly another."""
    return tuple(other for other in CATEGORIES if other != category and frozenset((category, other)) not in _NEAR)


@cache
def font_file() -> Path:
    """The font's file: that of `MEMLORA_EMOJI_FONT`, or the first where fonts are installed.

    Raises:
        ConfigError: there is none.
    """
    if named := os.environ.get(VARIABLE):
        if Path(named).is_file():
            return Path(named)
        raise ConfigError(f"{VARIABLE}: expected the file {FILE}, got {named!r}, which is no file; correct the path")
    for place in _PLACES:
        for found in sorted(Path(place).expanduser().rglob(FILE)):
            return found
    raise ConfigError(
        f"no pictograms: expected {FILE} in {', '.join(_PLACES)}, found none; install Debian's package {PACKAGE}, or "
        f"name the file in {VARIABLE}"
    )


@cache
def pictogram(name: str, category: str) -> Image.Image:
    """The pictogram as the font has it, RGBA, cut to what is drawn; about 128 pixels wide.

    Raises:
        ConfigError: there is no font, or it lacks the pictogram.
    """
    font = ImageFont.truetype(str(font_file()), _STRIKE)
    board = Image.new("RGBA", (2 * _STRIKE, 2 * _STRIKE))
    ImageDraw.Draw(board).text((20, 20), CATEGORIES[category][name], font=font, embedded_color=True)
    box = board.getbbox()
    if box is None:
        raise ConfigError(f"{font_file()}: expected a picture of {name!r}, got none; install a newer {PACKAGE}")
    return board.crop(box)
