"""Past or future at a place of a text: the verb form nearest to it, first in its clause, then in the clauses around."""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache

from runtime_py.text.days.rules import read

PAST, FUTURE, PRESENT = "past", "future", "present"
MAYBE = "maybe"  # `they put`, `I let`: past or present
_MOVED_WORDS = 6  # between `moved` and its `to`
_CAUSED_WORDS = 6  # between `gets` and its `replaced`
_SUBJECTS = frozenset(["i", "we", "they", "he", "she", "to"])
_DIGIT = re.compile(
    r"[ \t]+(?:the[ \t]+)?[0-9]{1,2}(?:st|nd|rd|th|:[0-9]|[ \t]?[ap]\.?m|[ \t]+(?:on|at|of)[ \t]|[ \t]*(?:[.!?;\n]|$))"
)
"""A day or a clock in digits, but not `4 days a week`, `22 Baker Street`."""
_NEAR_WORDS = 60  # a longer sentence than this on either side has no end mark
_WORD = re.compile(r"[a-z\u00c0-\u024f]+(?:'[a-z]+)?")
_SENTENCE = re.compile(r"(?<![.!?\u2026])[.!?\u2026]++(?=[ \t\r\n\"')\u201d]|$)|\n")
_PAUSE = re.compile(r"[,;:()\u2013\u2014]|-(?=[ \t])|\x00")


@dataclass(frozen=True)
class Mark:
    """A verb form: where it stands, in which sentence and clause, its tense and its word."""

    place: int
    sentence: int
    clause: int
    tense: str
    word: str


class Tenses:
    """The verb forms of one text (small letters, protected places hidden).

    Told by lists of words (`tense.json`), by endings (-ed, -ing) and by the two words around; no grammar. What no list
    knows has no tense.
    """

    def __init__(self, text: str, written: str) -> None:
        self._text, self._written = text, written
        self._words = [(match.start(), match[0]) for match in _WORD.finditer(text)]
        self._sentences = [match.end() for match in _SENTENCE.finditer(text) if not self._is_short(match)]
        breaks = {start for start, word in self._words if word in _table()["break"]}
        self._clauses = sorted({match.end() for match in _PAUSE.finditer(text)} | breaks | set(self._sentences))
        self._marks = [mark for i in range(len(self._words)) if (mark := self._mark(i))]

    def _is_short(self, stop: re.Match[str]) -> bool:
        """The point of `Mr.`"""
        place = bisect_left(self._words, (stop.start(), "")) - 1
        if stop[0] != "." or place < 0:
            return False
        start, word = self._words[place]
        return start + len(word) == stop.start() and word in _table()["titles"]

    def at(self, start: int, end: int, clause_only: bool = False) -> str:
        """PAST, FUTURE, PRESENT or "" for the expression that stands from `start` to `end`."""
        mark = self.nearest(start, end, clause_only)
        return mark.tense if mark else ""

    def nearest(self, start: int, end: int, clause_only: bool = False) -> Mark | None:
        """The verb form that tells: of the clause before the expression, after it, then of the sentence."""
        sentence, clause = self._where(start)
        first = bisect_left(self._marks, start, key=lambda mark: mark.place)
        before = self._marks[first - 1] if first and self._marks[first - 1].sentence == sentence else None
        following = self._marks[first : first + _NEAR_WORDS]
        told = (m for m in following if m.place >= end and m.word not in _table()["report"])
        after = next((mark for mark in told if mark.sentence == sentence), None)
        if before and before.clause == clause:
            return before
        if after and after.clause == clause:
            return after
        return None if clause_only else before or after

    def around(self, start: int) -> str:
        """The tense of the sentence before, else of the one after; "" where they differ or there is none."""
        sentence, _ = self._where(start)
        first = bisect_left(self._marks, sentence, key=lambda mark: mark.sentence)
        last = bisect_right(self._marks, sentence, key=lambda mark: mark.sentence)
        before = self._marks[first - 1] if first and self._marks[first - 1].sentence == sentence - 1 else None
        after = self._marks[last] if last < len(self._marks) and self._marks[last].sentence == sentence + 1 else None
        if before and after and before.tense != after.tense and after.tense == PAST:
            return ""
        return before.tense if before else after.tense if after else ""

    def all_of_sentence(self, start: int) -> set[str]:
        """Every tense in the sentence, as far as `_NEAR_WORDS` verb forms away."""
        sentence, place = self._where(start)[0], bisect_left(self._marks, start, key=lambda mark: mark.place)
        near = self._marks[max(0, place - _NEAR_WORDS) : place + _NEAR_WORDS]
        return {mark.tense for mark in near if mark.sentence == sentence}

    def opens(self, start: int) -> bool:
        """No word of the sentence stands before `start`."""
        sentence, place = self._where(start)[0], bisect_left(self._words, (start, ""))
        return place == 0 or self._where(self._words[place - 1][0])[0] != sentence

    def sentence(self, start: int) -> int:
        """Its number, from 0."""
        return self._where(start)[0]

    def touches(self, start: int) -> bool:
        """A past form is the word right before `start`."""
        place = bisect_left(self._words, (start, "")) - 1
        mark = bisect_left(self._marks, start, key=lambda mark: mark.place) - 1
        touching = place >= 0 and mark >= 0 and self._marks[mark].place == self._words[place][0]
        return touching and self._marks[mark].tense == PAST

    def words_before(self, start: int) -> list[tuple[int, str]]:
        """At most 30 words before `start`, with their places."""
        end = bisect_left(self._words, (start, ""))
        return self._words[max(0, end - 30) : end]

    def clause_words(self, start: int, end: int) -> list[str]:
        """The words of the clause, without the expression."""
        return self._words_between(self._clauses, start, end)

    def sentence_words(self, start: int, end: int) -> list[str]:
        """The words of the sentence, without the expression."""
        return self._words_between(self._sentences, start, end)

    def _words_between(self, ends: list[int], start: int, end: int) -> list[str]:
        """The words of the part (clause or sentence, given by their ends) that holds `start`, `_NEAR_WORDS` a side."""
        part, here = bisect_right(ends, start), bisect_left(self._words, (start, ""))
        first = max(bisect_left(self._words, (ends[part - 1] if part else 0, "")), here - _NEAR_WORDS)
        last = bisect_left(self._words, (ends[part], "")) if part < len(ends) else len(self._words)
        last = min(last, here + _NEAR_WORDS)
        return [word for place, word in self._words[first:last] if not start <= place < end]

    def _where(self, place: int) -> tuple[int, int]:
        return bisect_right(self._sentences, place), bisect_right(self._clauses, place)

    def _mark(self, i: int) -> Mark | None:
        place, word = self._words[i]
        tense = self._tense(i, word)
        return Mark(place, *self._where(place), tense, word) if tense else None

    def _near(self, i: int, step: int) -> str:
        """The next word to the right (1) or left (-1) that is no adverb, within the sentence."""
        table, sentence = _table(), self._where(self._words[i][0])[0]
        j = i + step
        while 0 <= j < len(self._words) and abs(j - i) <= _NEAR_WORDS and self._where(self._words[j][0])[0] == sentence:
            word = self._words[j][1]
            if word not in table["adverb"]:
                return word
            j += step
        return ""

    def _tense(self, i: int, word: str) -> str:
        table = _table()
        follower, leader = self._near(i, 1), self._near(i, -1)
        direct = self._words[i - 1][1] if i else ""
        if self._is_name(i):
            return ""
        if word in table["modal"] or word.endswith("'ll"):
            return FUTURE
        if word in table["maybe"]:
            return PRESENT
        if word.endswith("'d"):
            return PAST if _is_past(follower) else FUTURE
        if word in table["have"] or word.endswith("'ve"):
            following = self._words[i + 1][1] if i + 1 < len(self._words) else ""
            return FUTURE if following == "to" else PAST if _is_past(follower) and follower != "got" else PRESENT
        if (word in table["be"] or word in table["present"]) and self._is_bare(i):
            return ""
        if word in table["be"] or word.endswith(("'re", "'m")):
            return FUTURE if follower.endswith("ing") else PAST if follower == "done" else PRESENT
        if word.endswith("'s"):
            tense = FUTURE if follower.endswith("ing") else PRESENT
            tense = PAST if _is_past(follower) and follower != "got" else tense
            following = self._words[i + 1][1] if i + 1 < len(self._words) else ""
            is_verb = word in table["holds_is"] or tense == PAST or following in table["after_is"]
            return tense if is_verb else ""  # else the owner of something
        if word == "to" and (leader in table["asking"] or self._leads(i) or self._is_put_off(i)):
            return FUTURE
        if word == "got" and any(
            w in table["have"] or w.endswith(("'s", "'ve")) for _, w in self._words[max(0, i - 2) : i]
        ):
            return PRESENT
        if word in table["either"] and leader in ("they", "we", "i", "you"):
            return MAYBE
        if self._is_caused(i):
            return PRESENT
        if word.endswith("ing") and len(word) > 4 and word not in table["noun_ing"] and self._opens_clause(i):
            return FUTURE
        if _is_past(word):
            if direct in table["bare"] or leader in table["bare"]:
                return ""
            if leader in table["be"] or leader.endswith(("'re", "'m")):
                return PRESENT
            return PAST
        if word in table["pronoun"]:
            return self._of_unknown(i, word)
        return PRESENT if word in table["present"] and direct != "to" else ""

    def _is_bare(self, i: int) -> bool:
        """After `will`, `to`, `did (you)`: the verb before tells."""
        table, j = _table(), i - 1
        first = max(0, i - _NEAR_WORDS)
        while j >= first and (self._words[j][1] in table["adverb"] or self._words[j][1] in table["pronoun"]):
            j -= 1
        leader = self._words[j][1] if j >= 0 else ""
        if any(word == "let" for _, word in self._words[max(0, i - 4) : i]):
            return True
        return leader in table["modal"] or leader in table["did"] or leader == "to" or leader.endswith("'ll")

    def _is_name(self, i: int) -> bool:
        """A capital inside a sentence: `Stansted` is no past form."""
        place, word = self._words[i]
        written = self._written[place]
        if not "A" <= written <= "Z" or word == "i" or word.startswith("i'") or self.opens(place):
            return False
        return not self._written[place : place + len(word)].isupper() or len(word) == 1

    def _opens_clause(self, i: int) -> bool:
        place = self._words[i][0]
        j = i - 1
        while j >= max(0, i - _NEAR_WORDS) and self._words[j][1] in _table()["adverb"]:
            j -= 1
        return j < 0 or self._where(self._words[j][0]) != self._where(place)

    def _of_unknown(self, i: int, pronoun: str) -> str:
        """`they offer`, `she brings`, `he put`: a verb that no list knows."""
        table, following = _table(), self._near(i, 1)
        known = following in table["known"] or following in table["break"] or _is_past(following) or "'" in following
        if not following or known or following in table["follow"] or following.endswith("ing"):
            return ""
        if pronoun in ("he", "she", "it"):
            return PRESENT if following.endswith("s") else PAST if following in table["either"] else ""
        return "" if following in table["either"] else PRESENT

    def _leads(self, i: int) -> bool:
        """`asked him to come`: a verb of asking one or two words before `to`."""
        return any(word in _table()["asking"] for _, word in self._words[max(0, i - 3) : i])

    def _is_caused(self, i: int) -> bool:
        """`gets the left one replaced`, `having it done`: what others are to do."""
        table, (place, word) = _table(), self._words[i]
        if word not in table["participle"] and not (_is_past(word) and word.endswith("ed")):
            return False
        here, ends = self._where(place), table["break"] | _SUBJECTS
        for start, before in reversed(self._words[max(0, i - _CAUSED_WORDS) : i]):
            if before in table["getting"]:
                return True
            if before in ends or self._where(start) != here:
                return False
        return False

    def _is_put_off(self, i: int) -> bool:
        """`moved (the dentist) to Friday`, but not `moved to Rome in May`: a day follows the `to` there."""
        table, (place, word) = _table(), self._words[i]
        following = next((w for _, w in self._words[i + 1 : i + 5] if w not in table["which"]), "")
        is_day = following in table["days"] or bool(_DIGIT.match(self._text, place + len(word)))
        before = self._words[max(0, i - _MOVED_WORDS) : i]
        here = self._where(place)
        return is_day and any(w in table["moving"] and self._where(start) == here for start, w in before)


@cache
def _table() -> dict[str, frozenset[str]]:
    table = {name: frozenset(entries) for name, entries in read("tense.json").items()}
    known = (table[name] for name in ("modal", "maybe", "be", "have", "past", "present"))
    return {**table, "known": frozenset[str]().union(*known)}


def words_of(name: str) -> frozenset[str]:
    """A list of `tense.json`."""
    return _table()[name]


def _is_past(word: str) -> bool:
    table = _table()
    regular = len(word) > 4 and word.endswith("ed") and word not in table["not_past"]
    return word in table["past"] or regular
