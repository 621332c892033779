"""How people really type: lower case, missing marks, slips and short forms; values and names stay as they are."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from random import Random

_NOISY = 0.25
_SHORT = {
    "you": "u", "are": "r", "please": "pls", "because": "cos", "tomorrow": "tmrw", "thanks": "thx", "about": "abt",
    "with": "w/", "going to": "gonna", "and": "&", "really": "rly", "right now": "rn", "to be honest": "tbh",
    "at the moment": "atm", "week": "wk", "weeks": "wks", "appointment": "appt", "want to": "wanna", "though": "tho",
    "for": "4", "I don't know": "idk", "by the way": "btw", "before": "b4", "birthday": "bday", "people": "ppl",
    "probably": "prob", "something": "smth", "kind of": "kinda",
}  # fmt: skip
_DECIDING = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august september "
    "october november december yesterday today tonight tomorrow weekend month weeks months last next this past coming "
    "two three four five seven eight nine not never didn't don't isn't haven't won't no longer"
)
_KEPT = frozenset(_DECIDING.split())
_DATE = r"\b\d{1,2} [A-Z][a-z]+ \d{4}\b"
_WORD = re.compile(r"[A-Za-z]{4,}")


@dataclass(frozen=True)
class Noise:
    """What one dialogue's people do when they type; `slips` is the share of longer words with one."""

    lower: bool = False
    unmarked: bool = False
    bare: bool = False
    short: bool = False
    slips: float = 0.0

    def apply(self, random: Random, text: str, kept: Collection[str]) -> str:
        """The text as typed; what is in `kept` stays as it is."""
        if self == Noise():
            return text
        found = sorted((word for word in kept if word and word in text), key=lambda word: (-len(word), word))
        parts = re.split("(" + "|".join([_DATE, *(rf"(?<!\w){re.escape(word)}(?!\w)" for word in found)]) + ")", text)
        return "".join(
            part if place % 2 else self._type(random, part, last=place == len(parts) - 1)
            for place, part in enumerate(parts)
        )

    def _type(self, random: Random, text: str, last: bool) -> str:
        if self.short:
            for long, short in _SHORT.items():
                if random.random() < 0.5:
                    text = re.sub(rf"(?<![\w'-]){long}(?![\w'-])", short, text)
        if self.slips:
            text = _WORD.sub(lambda m: _slip(random, m[0]) if random.random() < self.slips else m[0], text)
        if self.unmarked:
            text = text.replace("'", "").replace(",", "")
        if self.bare and last:
            text = text.rstrip(".?!")
        return text.lower() if self.lower else text


def random_noise(random: Random) -> Noise:
    """None for three dialogues in four."""
    if random.random() >= _NOISY:
        return Noise()
    return Noise(
        lower=random.random() < 0.7,
        unmarked=random.random() < 0.5,
        bare=random.random() < 0.6,
        short=random.random() < 0.5,
        slips=random.choice((0.0, 0.03, 0.06)),
    )


def _slip(random: Random, word: str) -> str:
    """Two letters swapped, one lost or one doubled, never the first; words that decide a fact have none."""
    if word.lower() in _KEPT or word[0].isupper():
        return word
    place = random.randint(1, len(word) - 2)
    kind = random.random()
    if kind < 0.4:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind < 0.75:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place] + word[place:]
