"""Whether a new statement replaces an old one: both tell the same relation of the same subject."""

import re
from typing import Literal

from runtime_py.memory.rules.claims import OBJECT_END, TABLE, Claim, claim, clauses, content_of
from runtime_py.memory.rules.endings import ends, is_referred_to
from runtime_py.memory.rules.english import stem
from runtime_py.store import normalise

Relation = Literal["same", "retracts", "other"]


def _stems(name: str) -> frozenset[str]:
    return frozenset(stem(word) for word in TABLE[name].split())


_ADDITIVE = _stems("additive")
_MEASURES = _stems("measures")
_ATTRIBUTES = _stems("attributes")
_LIKES, _DISLIKES, _COUPLES = _stems("likes"), _stems("dislikes"), _stems("couples")
_MOVES = _stems("moves")
_GENERIC = frozenset(TABLE["generic"].split())
_ANOTHER = re.compile(rf"\b(?:{TABLE['another']})\b", re.IGNORECASE)
_PLANNED = re.compile(rf"\b(?:{TABLE['planned']}|on|from)\b")
_LEAVES = re.compile(r"(?:has |is )?mov(?:e|es|ed|ing) (?:to|out|in|into|from|back|on|away)\b")
_EXCLUSIVE = tuple(
    re.compile(rf"(?:{TABLE[name]}) (?P<object>.+?){OBJECT_END}", re.IGNORECASE)
    for name in ("homes", "employers", "occupations", "schools", "teams", "readings")
)
"""Beginnings of what is said of a subject, of which one holds at a time: where he lives, for whom he works."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_EMPTY_WORDS = (
    "a an the in on at of to for from with by and or but is are was were be been has have had do does did not no "
    "now since still also his her their its my our user who that this it as any more anymore longer will would"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


def compare(old: str, new: str) -> Relation:
    """`same`: `new` replaces `old`; `retracts`: it ends it; `other`: both stand side by side. In doubt `other`.

    A memory of several clauses is never ended, as the others may hold on (`parts.remaining` judges its sentences).
    `same` needs the same subject and verb, and of what is said so much that only a value differs (a number, a day, a
    name), or a relation of which one holds at a time. `retracts` needs a verb that ends something, with an object that
    the old memory names.
    """
    before = clauses(old)
    if len(before) != 1:
        return "other"
    held = claim(before[0], is_core=True)
    told = [claim(clause) for clause in clauses(new)]
    if any(ends(held, old, part) for part in told):
        return "retracts"
    if _ANOTHER.search(new) and not _ANOTHER.search(old):
        return "other"
    cores = [claim(clause, is_core=True) for clause in clauses(new)]
    if any(_replaces(held, old, core, full) for core, full in zip(cores, told, strict=True)):
        return "same"
    return "other"


def _replaces(old: Claim, text: str, new: Claim, full: Claim) -> bool:
    if _is_moved(old, new) or is_referred_to(old, full):
        return True
    if not old.is_of(new):
        return _is_said_of_another(old, new)
    if _is_exclusive(old, new) or _is_turned(old, new):
        return True
    if old.is_past or old.is_negated != new.is_negated:
        return False
    return any(rule(old, text, new, full) for rule in (_differs_in_value, _is_near, _is_done))


def _is_exclusive(old: Claim, new: Claim) -> bool:
    """Home, employer, occupation, school, team, book, favourites: another name or word in the same place."""
    for pattern in _EXCLUSIVE:
        places = pattern.match(old.predicate), pattern.match(new.predicate)
        if places[0] and places[1] and not old.is_negated and not new.is_negated:
            (words, names, _), (new_words, new_names, _) = (
                content_of(f"a {place['object']}") for place in places if place
            )
            was, is_now = words | names, new_words | new_names
            is_other = bool(was - is_now) and bool(is_now - was) and was & is_now <= _GENERIC
            return is_other and bool(names) == bool(new_names)
    attribute = stem(old.subject[-1]) if old.subject else ""
    is_attribute = len(old.subject) > 1 and (attribute in _ATTRIBUTES or "favourite" in old.subject)
    return is_attribute and old.verb == new.verb and set(old.subject) == set(new.subject) and not new.is_negated


def _is_turned(old: Claim, new: Claim) -> bool:
    """Liking turned into its opposite, a couple's state into another."""
    if old.is_negated or new.is_negated or old.is_past:
        return False
    likes = {old.verb in _LIKES, new.verb in _LIKES} == {True, False}
    if likes and (old.verb in _DISLIKES or new.verb in _DISLIKES):
        return bool(old.content) and old.content == new.content
    is_state = old.verb in _COUPLES and new.verb in _COUPLES and old.verb != new.verb
    return is_state and (not old.names or not new.names or bool(old.names & new.names))


def _differs_in_value(old: Claim, text: str, new: Claim, full: Claim) -> bool:
    """The same words about the same subject with another number, day, weekday or clock."""
    kinds = [kind for kind in "dwcn" if old.kind(kind) and new.kind(kind) and old.kind(kind) != new.kind(kind)]
    if not kinds or (old.verb != new.verb and not {old.verb, new.verb} <= _MEASURES):
        return False
    if not old.content:
        return not new.is_past and len(new.content) <= (1 if len(old.subject) < 4 else 3)
    if new.is_past and kinds == ["n"]:
        return False
    shared = old.content & full.content
    if shared == old.content or len(shared) >= 0.75 * len(old.content):
        return True
    return kinds != ["n"] and 2 * len(shared) >= len(old.content) and old.verb not in _ADDITIVE


def _is_near(old: Claim, text: str, new: Claim, full: Claim) -> bool:
    """Most of the words about the same subject, or all of them and more."""
    shared = old.content & full.content
    part = len(shared) / max(1, len(old.content))
    if old.verb != new.verb:
        return len(shared) > 3 and part >= 0.75
    if part == 1 and len(shared) > 1 and not new.is_past:
        return True
    names = old.names - new.names, new.names - old.names
    if old.verb == "be" and all(names) and shared and part >= 0.5 and not new.is_past:
        return True
    if len(shared) > 3 and part >= 0.5:
        return True
    return len(shared) > 1 and part >= (0.75 if old.verb in _ADDITIVE else 0.5)


def _is_moved(old: Claim, new: Claim) -> bool:
    """`The trip was put off to May`, `Tom moved the trip to May`: half of the words of what had a day, another day."""
    noun = {stem(word) for word in set(new.subject) - new.subject_names} - {"user"}
    is_its_own = bool(noun) and not old.is_of(new) and set(new.subject) <= old.whole | {"user"}
    if old.is_past or new.verb not in _MOVES or not (old.is_told_by(new) or is_its_own):
        return False
    if not is_its_own and _LEAVES.match(new.predicate):
        return False
    kinds = [kind for kind in "dwc" if old.kind(kind) and new.kind(kind) and old.kind(kind) != new.kind(kind)]
    shared = (old.content | frozenset(old.subject[1:])) & new.whole
    return bool(kinds) and bool(shared) and 2 * len(shared) >= len(old.content)


def _is_done(old: Claim, text: str, new: Claim, full: Claim) -> bool:
    """What was planned and has happened: of the same day, or by the same verb with the same words."""
    shared = old.content & full.content
    if not new.is_past or not shared:
        return False
    is_of_day = bool(old.kind("d") & new.kind("d")) and bool(_PLANNED.search(text))
    return is_of_day or (old.verb == new.verb and len(shared) > 1)


def _is_said_of_another(old: Claim, new: Claim) -> bool:
    """The same verb and nearly the same words, whose subject is put in another way."""
    if old.is_past or new.is_past or old.verb != new.verb or old.is_negated != new.is_negated:
        return False
    shared = old.whole & new.whole
    return len(shared) > 3 and len(shared) >= 0.75 * len(old.whole)


def subject(text: str) -> str:
    """In small letters the subject at the beginning of a fact, with the noun it possesses; empty where none is seen."""
    words = text.strip().split()
    if not words:
        return ""
    if words[0].lower() == "the" and len(words) > 1 and re.match(r"user\b", words[1].lower()):
        words = [f"the {words[1]}", *words[2:]]
    first = words[0].replace("\u2019", "'").lower()
    if first in ("my", "our") or first.endswith(("'s", "s'")):
        return f"{first} {words[1].lower()}" if len(words) > 1 else first
    return first if words[0][:1].isupper() or first.startswith("the user") or first == "i" else ""


def is_grown(old: str, new: str) -> bool:
    """Whether `new` says of the same subject all that `old` says."""
    return subject(old) == subject(new) and content_words(old) <= content_words(new)


def says(new: str, old: str) -> bool:
    """Whether `new` says all that `old` says, and does not take it back."""
    return normalise(new) == normalise(old) or (is_grown(old, new) and compare(old, new) != "retracts")


def content_words(text: str) -> frozenset[str]:
    """The words of a text in small letters that are not function words."""
    return frozenset(word.lower() for word in _WORD.findall(text)) - _EMPTY
