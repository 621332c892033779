"""Stored facts against the gold facts of their dialogue: what is true, what is made up, what was destroyed.

A gold fact is told by a stored one that holds at least half of its content words (stems; speakers and `user` do not
count) and has the same subject: who speaks (`I`, `my`, `we`, the name) or `the user`; a subject that is neither agrees
with any. What is said of the user's sister is not told by the same of the user.

A stored fact is true when all its numbers, days and names stand in the exchange and it tells a gold fact of it;
invented when it has a content word, a number or a name that stands nowhere in the exchange (its texts with their days
resolved, its gold facts, its day, the speakers' names; of a changed memory also its old words); else idle.

A true memory is destroyed when it is ended or changed although a gold fact that it told still stands and no live memory
tells it now, and no gold event of the exchange ends or changes another fact that it told.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile
from typing import Any

from evaluation.everyday.spelling import EMPTY, agrees, content, is_day, is_value, names, spell
from evaluation.locomo.porter import stem
from runtime_py.dialogues import Dialogue, OracleEvent, Session, Turn
from runtime_py.text import annotate

_FIRST_PERSON = frozenset(["i", "im", "i'm", "my", "me", "we", "our", "mine", "us"])


@dataclass
class FactScore:
    """Counts over dialogues; `rows` are `{"text", "verdict", "turns"}` of every stored fact."""

    verdicts: Counter[str] = field(default_factory=Counter)
    gold: int = 0
    told: int = 0
    true_memories: int = 0
    destroyed: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __add__(self, other: "FactScore") -> "FactScore":
        return FactScore(
            self.verdicts + other.verdicts,
            self.gold + other.gold,
            self.told + other.told,
            self.true_memories + other.true_memories,
            self.destroyed + other.destroyed,
            self.rows + other.rows,
        )


@dataclass(frozen=True)
class _Fact:
    """A fact by what is compared: who it begins with, what that one possesses (`sister Ana`), content but speakers."""

    text: str
    subject: str
    possessed: frozenset[str]
    words: frozenset[str]


class _Exchange:
    """Turns said at once, with what may be said of them."""

    def __init__(self, dialogue: Dialogue, turns: Sequence[Turn], day: date | None) -> None:
        self.turns, self.speakers = turns, dialogue.speakers
        self.facts = [self.fact(text, turn.speaker) for turn in turns for text in turn.facts or ()]
        events = [(turn.speaker, event) for turn in turns for event in turn.events or ()]
        self.gold = [self.fact(event.text, who) for who, event in events if event.event in ("ADD", "UPDATE")]
        self.ended = {event.old for _, event in events if event.event in ("UPDATE", "DELETE")}
        said = [annotate(turn.text, day) for turn in turns] + [fact.text for fact in self.facts]
        self.ground = set(self._free_words()).union(*(content(spell(text)) for text in said))
        if day:
            self.ground.add(f"day:{day.isoformat()}")

    def _free_words(self) -> set[str]:
        return content(word for name in (*self.speakers, "user") for word in spell(name))

    def fact(self, text: str, speaker: str = "") -> _Fact:
        """`text` read as said by `speaker` (by default, of the turn that shares most words with it)."""
        words = frozenset(content(spell(text)))
        if not speaker:
            shared = {turn.speaker: len(words & content(spell(turn.text))) for turn in reversed(self.turns)}
            speaker = max(shared, key=lambda name: shared[name])
        subject, possessed = _subject(text, speaker, self.speakers)
        return _Fact(text, subject, possessed, words - self._free_words())

    def is_grounded(self, word: str, more: set[str]) -> bool:
        """`word` stands in the exchange or in `more`, or is a part of a day that does."""
        known = self.ground | more
        if word in known:
            return True
        if is_day(word):
            return any(agrees(given, word) or agrees(word, given) or given.startswith(f"{word}-") for given in known)
        return any(agrees(given, word) or given.startswith(f"day:{word}") for given in known if is_day(given))


def _subject(text: str, speaker: str, speakers: Sequence[str]) -> tuple[str, frozenset[str]]:
    """Who a fact begins with, empty where that is no speaker, and the stems of what is possessed: three words at most,
    up to one without content."""
    words = text.replace("\u2019", "'").replace(",", " ").split()
    if [word.lower().removesuffix("'s") for word in words[:2]] == ["the", "user"]:
        words = words[1:]
    if not words:
        return "", frozenset()
    first = words[0].lower()
    bare = first.removesuffix("'s")
    named = next((name for name in speakers if name.lower().split()[0] == bare), "")
    owner = named or (speakers[0] if bare == "user" else speaker if first in _FIRST_PERSON else "")
    is_possessive = first.endswith("'s") or first in ("my", "our")
    owned = spell(" ".join(words[1:4])) if owner and is_possessive else []
    return owner, frozenset(map(stem, takewhile(lambda word: word not in EMPTY, owned)))


def tells(stored: _Fact, gold: _Fact) -> bool:
    """Whether the stored fact says what the gold one does."""
    if stored.subject and gold.subject and stored.subject != gold.subject:
        return False
    if gold.possessed and stored.subject and not stored.possessed and not stored.words & gold.possessed:
        return False
    return bool(gold.words) and 2 * len(stored.words & gold.words) >= len(gold.words)


def score_facts(dialogue: Dialogue, record: Mapping[str, Any]) -> FactScore:
    """One dialogue's; `record` is what `DialogueRun.remember` gives."""
    turns = {turn.id: (session.date, turn) for session in dialogue.sessions for turn in session.turns}
    score = FactScore()
    standing: set[str] = set()
    live: dict[str, set[str]] = {}  # the words of a true memory -> the gold facts it tells
    true_memories: set[str] = set()
    for row in record["exchanges"]:
        said = [turns[name][1] for name in row["turns"]]
        exchange = _Exchange(dialogue, said, turns[row["turns"][0]][0])
        standing = (standing - exchange.ended) | {fact.text for fact in exchange.gold}
        told: set[str] = set()
        for event in row["events"]:
            if event["event"] not in ("ADD", "UPDATE", "DELETE") or event["id"] is None:
                continue
            before = live.pop(event["previous_memory"], set())
            if event["event"] != "DELETE":
                fact = exchange.fact(event["memory"])
                verdict, now = _judge(exchange, fact, event["previous_memory"])
                score.verdicts[verdict] += 1
                score.rows.append({"text": fact.text, "verdict": verdict, "turns": row["turns"]})
                told |= now
                still = {text for text in before if tells(fact, exchange.fact(text))}
                if now | still:
                    live[fact.text] = now | still
                    true_memories.add(fact.text)
            lost = (before & standing).difference(*live.values())
            score.destroyed += bool(lost) and not before & exchange.ended
        score.gold += len(exchange.gold)
        score.told += sum(fact.text in told for fact in exchange.gold)
    score.true_memories = len(true_memories)
    return score


def score_exchange(
    said: Sequence[tuple[str, str]], day: date | None, gold: Sequence[str], written: Sequence[str]
) -> FactScore:
    """One exchange of (speaker, text) by itself: the facts `written` of it against the `gold` ones, all of them new.

    A gold fact belongs to the turn that shares most words with it, since it is not told whose it is.
    """
    words = [content(spell(text)) for _, text in said]
    owners = [max(range(len(said)), key=lambda place: len(words[place] & content(spell(fact)))) for fact in gold]
    turns = []
    for place, (speaker, text) in enumerate(said):
        facts = tuple(fact for fact, owner in zip(gold, owners, strict=True) if owner == place)
        events = tuple(OracleEvent("ADD", fact) for fact in facts)
        turns.append(Turn(str(place), speaker, text, facts, events))
    speakers = tuple(dict.fromkeys(speaker for speaker, _ in said))
    added = [{"event": "ADD", "id": 0, "memory": fact, "previous_memory": None} for fact in written]
    record = {"exchanges": [{"turns": [turn.id for turn in turns], "events": added}]}
    return score_facts(Dialogue("exchange", speakers, (Session(day, tuple(turns)),)), record)


def _judge(exchange: _Exchange, fact: _Fact, previous: str | None) -> tuple[str, set[str]]:
    """The verdict on a stored fact, and the gold facts of the exchange that it tells where it is true."""
    more = content(spell(previous or ""))
    loose = {word for word in content(spell(fact.text)) if not exchange.is_grounded(word, more)}
    told = {gold.text for gold in exchange.facts if tells(fact, gold)}
    if told and not any(is_value(word) for word in loose) and not loose & names(fact.text):
        return "true", told
    return "invented" if loose else "idle", set()
