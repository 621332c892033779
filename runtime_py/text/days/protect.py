"""Places where a date word is no date: links, mail addresses, tags, file names, code, quotes, brackets."""

import re

HIDDEN = "\x00"
_TOKEN = re.compile(r"[^ \t\r\n\u00a0]+")
_FILE_ENDS = re.compile(
    "txt|pdf|docx?|xlsx?|csv|md|jpe?g|png|gif|mp[34]|mov|zip|html?|jsonl?|py|kt|wav|heic|webp|pptx?|com|org|net|io|app"
)
_EDGE = ".,;:!?)(\"'*\u2026"
_ZONES = tuple(
    re.compile(zone)
    for zone in (
        r"(?m)^[ \t]*>[^\n]*",  # a quoted line of a mail
        r"`[^`\n]*`",
        r"\[[^\[\]\n]*\]",
        r"\u201c[^\u201c\u201d\n]*\u201d",
        r"\u201e[^\u201c\u201d\u201e\n]*[\u201c\u201d]",
        r"\u00ab[^\u00ab\u00bb\n]*\u00bb",
        r"\u2018[^\u2018\u2019\n]*\u2019(?![A-Za-z])",
        r'(?<![0-9])"[^"\n]*"',
        r"(?<![A-Za-z0-9'])'[A-Za-z][^'\n]*'(?![A-Za-z0-9'])",
    )
)


def hide(text: str) -> str:
    """`text` in small letters (A to Z only), of the same length: what is protected is NUL, apostrophes are straight."""
    hidden = _TOKEN.sub(lambda match: HIDDEN * len(match[0]) if _is_address(match[0]) else match[0], text)
    for zone in _ZONES:
        hidden = zone.sub(lambda match: HIDDEN * len(match[0]), hidden)
    return "".join(
        chr(ord(sign) + 32) if "A" <= sign <= "Z" else "'" if sign in "\u2018\u2019" else sign for sign in hidden
    )


def _is_address(token: str) -> bool:
    """A link, mail address, name after @, tag, path or file name."""
    bare = token.strip(_EDGE)
    if "://" in bare or bare.lower().startswith("www.") or "_" in bare:
        return True
    if any(sign in bare and not bare.endswith(sign) and _has_letter(bare) for sign in "@#/\\"):
        return True
    return "." in bare and bool(_FILE_ENDS.fullmatch(bare.rsplit(".", 1)[1].lower()))


def _has_letter(token: str) -> bool:
    return any("a" <= sign <= "z" or "A" <= sign <= "Z" for sign in token)
