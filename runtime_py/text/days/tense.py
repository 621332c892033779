"""Past or future at a place of a text: the verb form nearest to it, first in its clause, then in the clauses around."""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache

from runtime_py.text.days.rules import read

PAST, FUTURE, PRESENT = "past", "future", "present"
MAYBE = "maybe"  # `they put`, `I let`: past or present
_WORD = re.compile(r"[a-z\u00c0-\u024f]+(?:'[a-z]+)?")
_SENTENCE = re.compile(r"[.!?\u2026]+(?=[ \t\r\n\"')\u201d]|$)|\n")
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
        here = self._of_sentence(sentence)
        before = [mark for mark in here if mark.place < start]
        after = [mark for mark in here if mark.place >= end and mark.word not in _table()["report"]]
        near = [m for m in before if m.clause == clause][-1:] or [m for m in after if m.clause == clause][:1]
        if not near and not clause_only:
            near = before[-1:] or after[:1]
        return near[0] if near else None

    def around(self, start: int) -> str:
        """The tense of the sentence before, else of the one after; "" where they differ or there is none."""
        sentence, _ = self._where(start)
        before = self._of_sentence(sentence - 1)[-1:]
        after = self._of_sentence(sentence + 1)[:1]
        if before and after and before[0].tense != after[0].tense and after[0].tense == PAST:
            return ""
        return (before or after)[0].tense if before or after else ""

    def all_of_sentence(self, start: int) -> set[str]:
        """Every tense in the sentence."""
        return {mark.tense for mark in self._of_sentence(self._where(start)[0])}

    def opens(self, start: int) -> bool:
        """No word of the sentence stands before `start`."""
        sentence, place = self._where(start)[0], bisect_left(self._words, (start, ""))
        return place == 0 or self._where(self._words[place - 1][0])[0] != sentence

    def sentence(self, start: int) -> int:
        """Its number, from 0."""
        return self._where(start)[0]

    def _of_sentence(self, sentence: int) -> list[Mark]:
        first = bisect_left(self._marks, sentence, key=lambda mark: mark.sentence)
        last = bisect_right(self._marks, sentence, key=lambda mark: mark.sentence)
        return self._marks[first:last]

    def touches(self, start: int) -> bool:
        """A past form is the word right before `start`."""
        place = bisect_left(self._words, (start, "")) - 1
        return place >= 0 and any(m.place == self._words[place][0] and m.tense == PAST for m in self._marks)

    def words_before(self, start: int) -> list[tuple[int, str]]:
        """At most 30 words before `start`, with their places."""
        end = bisect_left(self._words, (start, ""))
        return self._words[max(0, end - 30) : end]

    def clause_words(self, start: int, end: int) -> list[str]:
        """The words of the clause, without the expression."""
        place = self._where(start)
        return [word for at, word in self._words if self._where(at) == place and not start <= at < end]

    def sentence_words(self, start: int, end: int) -> list[str]:
        """The words of the sentence, without the expression."""
        sentence = self._where(start)[0]
        return [word for at, word in self._words if self._where(at)[0] == sentence and not start <= at < end]

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
        while 0 <= j < len(self._words) and self._where(self._words[j][0])[0] == sentence:
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
        if word == "to" and (leader in table["asking"] or self._leads(i)):
            return FUTURE
        if word == "got" and any(
            w in table["have"] or w.endswith(("'s", "'ve")) for _, w in self._words[max(0, i - 2) : i]
        ):
            return PRESENT
        if word in table["either"] and leader in ("they", "we", "i", "you"):
            return MAYBE
        if word == "done" and any(w in table["getting"] for _, w in self._words[max(0, i - 4) : i]):
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
        while j >= 0 and (self._words[j][1] in table["adverb"] or self._words[j][1] in table["pronoun"]):
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
        while j >= 0 and self._words[j][1] in _table()["adverb"]:
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
