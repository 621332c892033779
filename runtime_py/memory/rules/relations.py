"""Whether a new statement replaces an old one: both tell the same relation of the same subject."""

import re
from collections.abc import Mapping
from typing import Literal

Relation = Literal["same", "retracts", "other"]
_GROUPS: Mapping[str, str] = {
    "home": r"live|lives|lived|living|move|moves|moved|moving|relocated?|resides?|settled|based|home|address",
    "work": r"work|works|worked|working|job|employed|employer|hired|works|boss|company",
    "study": r"study|studies|studied|studying|degree|university|course|enrolled",
    "own": r"own|owns|owned|has|have|had|got|buy|buys|bought|sell|sells|sold|gave|adopted",
    "marital": r"married|marry|divorced|engaged|single|dating|boyfriend|girlfriend|husband|wife|fianc\w+",
    "like": r"like|likes|liked|love|loves|loved|enjoy|enjoys|prefers?|hate|hates|hated|dislikes?|adores?|can't stand",
    "eat": r"vegan|vegetarian|diet|eats?|drinks?|allergic|allergy|intolerant",
    "plan": r"plan|plans|planned|planning|going to|will|intends?|wants? to|hopes? to",
    "appointment": r"appointment|meeting|surgery|interview|exam|flight|dentist|checkup|check-up",
    "reading": r"reading",
    "team": r"supports?|supported",
    "hobby": r"plays?|played|playing|hobby|practi[sc]es?|learns?|learning|trains?|takes? lessons",
}
_GROUP = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _GROUPS.items()}
_ATTRIBUTE = re.compile(
    r"\b(favou?rite [a-z]+|name|birthday|age|number|phone|size|price|rent|salary|weight|height|password|code|email|"
    r"colou?r|nickname|surname|wifi|flat|budget|date|time)\b",
    re.IGNORECASE,
)
_RETRACTION = re.compile(
    r"\b(?:no longer|not .{0,40}any ?more|any ?more|stopped|quit|gave up|given up|left|sold|cancelled|canceled|"
    r"broke up|called off|is over|ended|does not|doesn't|don't|never)\b",
    re.IGNORECASE,
)
_EXCLUSIVE = frozenset(["home", "work", "study", "marital", "appointment", "reading", "team"])
"""Relations of which one holds at a time; of the others (likes, things owned) the object must be the same too."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_EMPTY_WORDS = (
    "a an the in on at of to for from with by and or but is are was were be been has have had do does did not no "
    "now since still also his her their its my our user who that this it as any more anymore longer will would"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


def compare(old: str, new: str) -> Relation:
    """`same`: `new` replaces `old`; `retracts`: it ends it; `other`: both stand side by side.

    The subject is the name, pronoun or possessed noun (`Tom's sister`) at the beginning. The relation is an attribute
    noun both name, or a group of verbs. In doubt `other`.
    """
    retracts = bool(_RETRACTION.search(new)) and not _RETRACTION.search(old)
    if not subject(old) or (subject(old) != subject(new) and not (retracts and _taste_of(old) == subject(new))):
        return "other"
    attributes = _attributes(old), _attributes(new)
    shared = _groups(old) & _groups(new)
    rest = _objects(old) & _objects(new)
    if retracts and rest and (shared or not _groups(old) or attributes[0] & attributes[1]):
        return "retracts"
    if attributes[0] or attributes[1]:
        return "same" if attributes[0] & attributes[1] and _similar(old, new) else "other"
    if shared & _EXCLUSIVE:
        return "same" if "appointment" not in shared or rest else "other"
    return "same" if shared and rest else "other"


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


def _taste_of(text: str) -> str:
    """The person of `Ann's favourite band is Broo`, which `Ann no longer listens to Broo` takes back."""
    match = re.match(r"(.+?)(?:'s|'|\u2019s) favou?rite ", text)
    return match[1].lower() if match else ""


def _groups(text: str) -> set[str]:
    return {name for name, pattern in _GROUP.items() if pattern.search(text)}


def _attributes(text: str) -> set[str]:
    return {match[0].lower().replace("favour", "favor") for match in _ATTRIBUTE.finditer(text)}


def _similar(old: str, new: str) -> bool:
    """Besides subject and attribute, nothing before the verb tells them apart."""
    head = re.compile(r"\b(?:is|are|was|were|has|became|changed|costs?)\b")
    before = [set(_WORD.findall(head.split(text, maxsplit=1)[0].lower())) - _EMPTY for text in (old, new)]
    return before[0] == before[1]


def content_words(text: str) -> frozenset[str]:
    """The words of a text in small letters that are not function words."""
    return frozenset(word.lower() for word in _WORD.findall(text)) - _EMPTY


def _objects(text: str) -> set[str]:
    words = {word.lower() for word in _WORD.findall(text)} - _EMPTY
    head = set(_WORD.findall(subject(text)))
    return {w for w in words if w not in head and not any(p.fullmatch(w) for p in _GROUP.values())}
