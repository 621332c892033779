"""Filling of wordings: values, people, articles and capitals."""

import re
from collections.abc import Collection

_SLOT = re.compile(r"(\b(?:[Aa]n?|[Tt]he) )?\{([a-z]+)\}")
_LIKE_VOWEL = re.compile(r"[aeio]|u(?!ni|ku|se|k\b)|8|11 |18 ", re.IGNORECASE)
_LIKE_CONSONANT = re.compile(r"eu|one\b|once\b", re.IGNORECASE)
_KEPT_CAPITAL = re.compile(
    r"I\b|[A-Z]{2}|Christmas|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Jan|Febr)uary|March|April|\w+ember|October"
)
_CLAUSES = (
    (re.compile(r"\{p\}'s (.+)"), "whose {}"),
    (re.compile(r"The ([^{}]+) of \{p\} (.+)"), "whose {} {}"),
    (re.compile(r"\{p\} (.+)"), "who {}"),
)


def fill(wording: str, **slots: str) -> str:
    """A wording with its slots; an article before a slot fits what stands in it, people are capitalised in front."""

    def put(match: re.Match[str]) -> str:
        article, name = match[1] or "", match[2]
        value = slots[name]
        if article and name in ("v", "w", "x"):
            if article.lower() == "the ":
                article = "" if value.startswith("The ") else article
            else:
                article = f"{article[0]}{'n' if _sounds_like_vowel(value) else ''} "
        start = match.start() == 0 or wording[: match.start()].rstrip().endswith((".", "!", "?"))
        return article + (capital(value) if start and not article and name in ("p", "s", "t") else value)

    return _SLOT.sub(put, wording)


def capital(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def lowered(sentence: str, kept: Collection[str]) -> str:
    """The sentence as it stands after a comma; `I`, days, and what begins with one of `kept` keep their capital."""
    keeps = _KEPT_CAPITAL.match(sentence) or any(sentence.startswith(name) for name in kept if name)
    return sentence if keeps else sentence[:1].lower() + sentence[1:]


def joined(one: str, two: str, kept: Collection[str]) -> str:
    """Two sentences as one with `and`."""
    return f"{one.rstrip('.')} and {lowered(two, kept)}"


def is_plain(sentence: str) -> bool:
    """Whether it is one sentence with a full stop and no comma, fit to be joined."""
    body = sentence[:-1]
    return sentence.endswith(".") and not any(mark in body for mark in ".!?,;:") and " and " not in body


def of_user(fact: str, subject: str) -> str:
    """A fact of the user as one of a named speaker."""
    return fact.replace("The user", capital(subject)).replace("the user", subject)


def clause(fact_of: str, value: str) -> str | None:
    """`who lives in Bath` of `{p} lives in {v}`, `whose cat is Moss` of `{p}'s cat is {v}`; None for another form."""
    for form, told in _CLAUSES:
        if (match := form.fullmatch(fact_of)) and ":" not in fact_of:
            return fill(told.format(*match.groups()), v=value)
    return None


def _sounds_like_vowel(value: str) -> bool:
    return bool(_LIKE_VOWEL.match(value)) and not _LIKE_CONSONANT.match(value)
