"""A dialogue with other first names: who is who must be read, for no name of the corpus tells it."""

import re
from dataclasses import replace
from functools import cache
from random import Random

from distill.corpus.broad.people import ASSISTANT, USER
from distill.corpus.broad.values import draw, known
from runtime_py.dialogues import Dialogue, OracleEvent, Question, Session, Turn

_KINDS = ("female_name", "male_name")
_CAPITALISED = re.compile(r"(?<=[a-z,] )[A-Z][a-z\u00c0-\u017f]{2,}\b")
_MONTHS = ("April", "May", "June", "August")


def renamed(dialogue: Dialogue, random: Random) -> Dialogue:
    """`dialogue` with new names for its speakers and for everybody whose first name Faker knows, the same everywhere.

    A woman's name becomes a woman's, a man's a man's; a word that is also said in lower case is no name.
    """
    names = _new_names(dialogue, random)
    if not names:
        return dialogue
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})\b")

    def told(text: str) -> str:
        return pattern.sub(lambda found: names[found[0]], text)

    def event(of: OracleEvent) -> OracleEvent:
        return replace(of, text=told(of.text), old=told(of.old) if of.old else of.old)

    def turn(of: Turn) -> Turn:
        facts = None if of.facts is None else tuple(map(told, of.facts))
        events = None if of.events is None else tuple(map(event, of.events))
        return replace(of, speaker=told(of.speaker), text=told(of.text), facts=facts, events=events)

    def question(of: Question) -> Question:
        others = tuple(map(told, of.alternatives))
        return replace(of, text=told(of.text), answer=told(of.answer), alternatives=others, asker=told(of.asker))

    sessions = tuple(Session(s.date, tuple(map(turn, s.turns)), s.time) for s in dialogue.sessions)
    speakers = tuple(map(told, dialogue.speakers))
    return replace(dialogue, speakers=speakers, sessions=sessions, questions=tuple(map(question, dialogue.questions)))


def _new_names(dialogue: Dialogue, random: Random) -> dict[str, str]:
    """A new name for each that was found, none twice and none that the dialogue has already."""
    said = "\n".join(turn.text for session in dialogue.sessions for turn in session.turns)
    words = set(re.findall(r"\w+", said))
    found = dict.fromkeys(name for name in dialogue.speakers if name not in (USER, ASSISTANT) and " " not in name)
    found |= dict.fromkeys(word for word in _CAPITALISED.findall(said) if word not in _MONTHS)
    new: dict[str, str] = {}
    for name in found:
        kinds = [kind for kind in _KINDS if name in _known(kind)]
        if (not kinds and name not in dialogue.speakers) or name.lower() in words:
            continue
        while (drawn := draw(random, random.choice(kinds or _KINDS), held_out=False)) in words | {*new.values()}:
            pass
        new[name] = drawn
    return new


@cache
def _known(kind: str) -> frozenset[str]:
    return frozenset(known(kind))
