"""Filling of wordings: values, people, articles and capitals."""

import re

_SLOT = re.compile(r"(\b[Aa]n? )?\{([a-z]+)\}")
_LIKE_VOWEL = re.compile(r"[aeio]|u(?!ni|ku|se|k\b)|8|11 |18 ", re.IGNORECASE)
_LIKE_CONSONANT = re.compile(r"eu|one\b|once\b", re.IGNORECASE)
_STARTS = re.compile(r"^[a-zà-ž]")
_KEPT_CAPITAL = re.compile(r"I\b|I'")


def fill(wording: str, **slots: str) -> str:
    """A wording with its slots; `a` before a slot fits what stands in it, people are capitalised in front."""

    def put(match: re.Match[str]) -> str:
        article, value = match[1] or "", slots[match[2]]
        if article and match[2] in ("v", "w", "x"):
            article = f"{article[0]}{'n' if _sounds_like_vowel(value) else ''} "
        start = match.start() == 0 or wording[: match.start()].rstrip().endswith((".", "!", "?"))
        return article + (capital(value) if start and match[2] in ("p", "s", "t") else value)

    return _SLOT.sub(put, wording)


def capital(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def joined(one: str, two: str, kept: tuple[str, ...]) -> str:
    """Two sentences as one with `and`; what begins with one of `kept` keeps its capital."""
    keeps = _KEPT_CAPITAL.match(two) or any(two.startswith(name) for name in kept if name)
    return f"{one.rstrip('.')} and {two if keeps else two[0].lower() + two[1:]}"


def is_plain(sentence: str) -> bool:
    """Whether it is one sentence with a full stop and no comma, fit to be joined."""
    body = sentence[:-1]
    return sentence.endswith(".") and not any(mark in body for mark in ".!?,;:") and " and " not in body


def of_user(fact: str, subject: str) -> str:
    """A fact of the user as one of a named speaker."""
    return fact.replace("The user", capital(subject)).replace("the user", subject)


def clause(fact_of: str, value: str) -> str | None:
    """`who lives in Bath` of `{p} lives in {v}`, `whose cat is Moss` of `{p}'s cat is {v}`; None for another form."""
    for start, pronoun in (("{p}'s ", "whose "), ("{p} ", "who ")):
        if fact_of.startswith(start) and "{p}" not in fact_of[len(start) :]:
            return fill(pronoun + fact_of[len(start) :], v=value)
    return None


def _sounds_like_vowel(value: str) -> bool:
    return bool(_LIKE_VOWEL.match(value)) and not _LIKE_CONSONANT.match(value)
