"""What a memory claims: of whom, by which verb, with which words, names and values; one claim a clause."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from runtime_py.memory.rules.english import BASES, PASTS, THIRDS, Token, pieces, plain_word, stem, table, tokens, words
from runtime_py.memory.rules.english.words import third
from runtime_py.text.sentences import sentences

TABLE: dict[str, str] = table("relations")
_LEADS = frozenset(TABLE["leads"].split())
_SKIPPED = words("adverbs") | frozenset(TABLE["skipped"].split())
_BLIND = frozenset(stem(word) for word in TABLE["blind"].split())
_KIN = frozenset(TABLE["kin"].split())
_CORE = re.compile(TABLE["cores"])
_AUXILIARIES = words("auxiliaries") | words("modals") | frozenset(["isn't", "aren't", "wasn't", "hasn't", "doesn't"])
_BASE = dict.fromkeys(("is", "are", "was", "were", "am", "isn't", "aren't", "wasn't"), "be")
_BASE |= dict.fromkeys(("has", "have", "had", "hasn't"), "have") | dict.fromkeys(("does", "do", "did"), "do")
_THIRDS = THIRDS | {third(word) for word in words("same")}
_ARTICLES = frozenset(["the", "a", "an", "and", "no", "longer", "new"])
_DETERMINERS = words("before_noun")
_PREPOSITIONS = frozenset(["from", "since", "on", "in", "as", "until", "at", "by", "after", "before"])
_EMPTY = words("prepositions") | words("determiners") | words("adverbs") | _AUXILIARIES | words("empty")
OBJECT_END = (
    r"(?=,? (?:because|and|so|but|as|in|on|at|to|for|with|from|by|after|before|until|since|when|any|anymore|again|this|"
    r"last|next|now)\b|[,;.(!]|$)"
)
"""What an object ends before."""
_WE = re.compile(r"\b[Ww]e \((the user|[^()]+)\)")
_NOTE = re.compile(r" \[[^\[\]]*\]")
_NEGATION = re.compile(r"\b(?:not|no|never|nothing|[a-z]+n't)\b")
_ADVERB = re.compile(r"^(?:just|now|finally|currently|still|also|recently|already|has just|has finally) ")
_OPENING = re.compile(r"^[^,:;.]{2,24}[,:] ")


@dataclass(frozen=True)
class Claim:
    """One clause. Words are stems, values written as texts: `d1-5-2026`, `w4`, `c570`, `n3`."""

    predicate: str
    subject: tuple[str, ...]
    subject_names: frozenset[str]
    verb: str
    verbs: frozenset[str]
    words: frozenset[str]
    names: frozenset[str]
    values: frozenset[str]
    is_past: bool
    is_negated: bool

    @cached_property
    def content(self) -> frozenset[str]:
        """The words and names of what is said of the subject."""
        return self.words | self.names

    @cached_property
    def whole(self) -> frozenset[str]:
        """`content` and the subject's words, without `user`."""
        return (self.content | frozenset(stem(word) for word in self.subject)) - {"user"}

    def kind(self, kind: str) -> frozenset[str]:
        """The values of a kind: d dates, w weekdays, c clocks, n numbers."""
        return frozenset(value for value in self.values if value[0] == kind)

    def is_of(self, other: "Claim") -> bool:
        """Whether both have the same subject, apart from a name that one of them adds."""
        own, others = set(self.subject), set(other.subject)
        if own == others:
            return bool(own)
        short, long = (self, other) if len(own) < len(others) else (other, self)
        more = set(long.subject) - set(short.subject)
        return len(set(short.subject)) > 1 and set(short.subject) < set(long.subject) and more <= long.subject_names

    def is_told_by(self, other: "Claim") -> bool:
        """Whether `other` is told of the owner of this claim's subject: `the user` of `the user's car`."""
        if self.is_of(other):
            return True
        is_owner = len(other.subject) == 1 and self.subject[:1] == other.subject
        return is_owner and _KIN.isdisjoint(self.subject) and not self.subject_names - set(other.subject)


def without_notes(text: str) -> str:
    """`I quit last Friday [1 May 2026].` without the date."""
    return _NOTE.sub("", text)


@lru_cache(maxsize=1024)
def clauses(text: str) -> tuple[str, ...]:
    """The clauses of a memory that have a subject of their own, without notes of dates; `We (Tom)` is Tom."""
    plain = _WE.sub(lambda match: match[1], without_notes(text.strip()))
    return tuple(clause for sentence in sentences(plain) for clause in _clauses_of(sentence))


def _clauses_of(plain: str) -> list[str]:
    if (opening := _OPENING.match(plain)) and not any(word in _AUXILIARIES for word in opening[0].lower().split()):
        rest = plain[opening.end() :]
        plain = rest if rest[:1].isupper() or rest.startswith("the user") else plain
    first = re.match(r"[^\W_]+", plain)
    who = rf"|{first[0]}" if first and first[0][0].isupper() and first[0].lower() not in ("the", "we") else ""
    own = rf"(?:the user|he|she|they|it{who})(?:'s)?(?: |$)"
    return [
        part for part in re.split(rf"; |, (?=(?:and |but |so )?{own})|(?:,? and|,? but|,? so) (?={own})", plain) if part
    ]


@lru_cache(maxsize=4096)
def claim(clause: str, is_core: bool = False) -> Claim:
    """What a clause claims; `is_core`: without its reasons and what follows them."""
    found, tail = tokens(clause)
    lows = [token.low for token in found]
    start = _start(found)
    verb = next((place for place in range(start + 1, len(lows)) if _is_finite(lows, place)), len(lows))
    places = [place for place in range(start, verb) if lows[place] not in _ARTICLES and lows[place] not in _SKIPPED]
    subject = [found[place] for place in places]
    names = {plain_word(token.text) for token in subject if token.text[:1].isupper()}
    body = "".join(token.before + token.text for token in found[(places or [start])[-1] + 1 :]) + tail
    main = _main_verb(lows[verb:])
    core = _CORE.split(body, maxsplit=1)[0] if is_core else body
    content, called, values = content_of(core)
    return Claim(
        predicate=_ADVERB.sub("", body.strip()),
        subject=tuple(plain_word(token.text) for token in subject),
        subject_names=frozenset(names - {"user"}),
        verb=main,
        verbs=frozenset(stem(low) for low in lows[verb:] if low in _THIRDS or low in PASTS or low in BASES),
        words=content - {main},
        names=called,
        values=values,
        is_past=lows[verb : verb + 1] != [] and (lows[verb] in PASTS or lows[verb] in ("was", "were", "had", "did")),
        is_negated=bool(_NEGATION.search(body.lower())),
    )


def _start(found: list[Token]) -> int:
    """The place of the subject, behind `Actually` and `From January 2025`."""
    start = 0
    while start < len(found) - 1 and found[start].low in _LEADS:
        start += 1
    if start < len(found) and found[start].low in _PREPOSITIONS:
        for place in range(start + 1, min(start + 9, len(found) - 1)):
            is_user = found[place].low == "the" and found[place + 1].low.startswith("user")
            if is_user or found[place].before.startswith(","):
                return place
    return start


def _is_finite(lows: list[str], place: int) -> bool:
    if lows[place - 1] in _DETERMINERS or lows[place - 1].endswith(("'s", "s'")):
        return False
    return lows[place] in _AUXILIARIES or lows[place] in _THIRDS or lows[place] in PASTS


def _main_verb(rest: list[str]) -> str:
    """The stem of the verb that says what is claimed, `be`, `have` or `do` where there is no other."""
    if not rest or rest[0] not in _AUXILIARIES:
        return stem(rest[0]) if rest else ""
    place = 1
    while place < min(len(rest), 6) and (
        rest[place] in _SKIPPED or (rest[place].endswith("ly") and rest[place] not in BASES)
    ):
        place += 1
    after, before = rest[place] if place < len(rest) else "", rest[place - 1]
    base = _BASE.get(rest[0], "")
    if base != "do" and (after in PASTS or (len(after) > 4 and after.endswith(("ing", "ed")))):
        return stem(after)
    if after in BASES and (not base or before in ("not", "to", "going", "don't", "doesn't", "didn't")):
        return stem(after)
    return "be" if "be" in rest[1:place] or "been" in rest[1:place] else stem(base or after)


def content_of(text: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """(stems of words, names, values) of a text."""
    content, names, values = set(), set(), set()
    for piece in pieces(text):
        if piece.days:
            values |= {f"d{day.day}-{day.month}-{day.year}" for day in piece.days}
        elif piece.weekday is not None:
            values.add(f"w{piece.weekday}")
        elif piece.clock is not None:
            values.add(f"c{piece.clock.minutes}")
        elif piece.values:
            number = min(piece.values)
            values.add(f"d0-0-{number}" if re.fullmatch("(?:19|20)[0-9][0-9]", number) else f"n{number}")
        elif piece.is_name:
            names.add(piece.plain)
        elif re.search("[0-9]", piece.plain):
            values.add(f"n{piece.plain}")
        elif piece.plain not in _EMPTY and stem(piece.plain) not in _BLIND:
            content.add(stem(piece.plain))
    return frozenset(content), frozenset(names), frozenset(values)
