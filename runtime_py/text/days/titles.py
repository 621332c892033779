"""Titles and names that hold a date word: `USA Today`, `The Day After Tomorrow`, `Ruby Tuesday`, `Wednesday Addams`."""

import re

_WORD = re.compile(r"[A-Za-z\u00c0-\u024f0-9']+")
_BEGIN = re.compile(r"(?:^|[.!?\u2026:\n\x00]|- |\u2013 |\u2014 |[^\x00-\u024f])[ \t\r\n\"'(*\u201c\u2018]*$")
_LAST = re.compile(r"([A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f'\u2019]*)[ \t]+$")
_NEXT = re.compile(r"[ \t]+([A-Za-z\u00c0-\u024f]+)")
_TITLE = re.compile(r" [A-Z][a-z]+ [A-Z][a-z]+")  # `Tomorrow Never Dies`
_REACH = 60
_NAMES = re.compile(  # words that are written with a capital wherever they stand
    r"(?:mon|tues?|wed(?:nes|s)?|thu(?:rs?)?|fri|sat(?:ur)?|sun|january|jan|february|feb|march|mar|april|apr|may|june?|july?|"
    r"august|aug|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|christmas|xmas|easter|boxing|new|year'?s|eve|day|"
    r"valentine'?s|halloween|good|spring|summer|autumn|fall)(?:day)?"
)


def is_title(text: str, start: int, end: int) -> bool:
    """A word of the expression has a capital that neither its kind nor its place explains."""
    said = text[start:end]
    before = text[max(0, start - _REACH) : start]
    begins = bool(_BEGIN.search(before)) or start == 0
    shouted = not any("a" <= sign <= "z" for sign in _sentence(text, start, end))
    if begins and _TITLE.match(text, end):
        return True
    for i, match in enumerate(_WORD.finditer(said)):
        word = match[0]
        if not "A" <= word[0] <= "Z" or shouted or (i == 0 and begins):
            continue
        if not _NAMES.fullmatch(word.lower().replace("\u2019", "'")) or (word.isupper() and len(word) > 3):
            return True
    return False


def _sentence(text: str, start: int, end: int) -> str:
    """The sentence around, at most `_REACH` letters on either side."""
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    return re.split(r"[.!?\n]", before)[-1] + text[start:end] + re.split(r"[.!?\n]", after)[0]


def word_before(text: str, start: int) -> tuple[str, bool]:
    """The word right before `start` and whether it opens a sentence; "" where none stands there."""
    before = text[max(0, start - _REACH) : start]
    match = _LAST.search(before)
    return (match[1], bool(_BEGIN.search(before[: match.start()]))) if match else ("", False)


def word_after(text: str, end: int) -> str:
    """The word after `end` with only spaces between; "" where none stands there."""
    match = _NEXT.match(text, end)
    return match[1] if match else ""
