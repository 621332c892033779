"""Sentences of a diary that leave out their subject: `Bought a piano`, `Can't stand coriander`, `Allergic to nuts`."""

from dataclasses import dataclass

from runtime_py.memory.rules.english import BASES, PASTS, STATES, THIRDS, Sentence, words

_ADVERBS = words("leading_adverbs")
_MODALS = words("modals")
_OBJECTS = words("determiners") | words("prepositions")
_PREPOSITIONS = words("prepositions")
_PRONOUNS = words("not_before_subject")
_BE = words("clause_verbs")
_STARTS = (PASTS - words("same") - words("participles") - {"were", "being"}) | words("same_pasts")
_CONTINUOUS = words("continuous_starts")
_STATIVE = words("stative")
_NOT = words("after_not")
_SUBJECTIVE = frozenset(["should", "must", "could", "might", "may", "would"])
"""Before `be` they mostly tell of something else: `Should be Monday`."""


@dataclass(frozen=True)
class Missing:
    """Where a subject belongs, its verb's place, and an auxiliary to add between them (empty: none)."""

    place: int
    verb: int
    auxiliary: str


def missing_subject(sentence: Sentence) -> Missing | None:
    """Where the subject is missing; None where the sentence has one, is an order, a question, or no sentence."""
    parts, place = sentence.parts, 0
    if sentence.tail.lstrip("\"')").startswith("?"):
        return None
    while place < len(parts) - 1 and parts[place].low in words("openers") and sentence.after(place) != "longer":
        place += 1
    verb = place
    if sentence.low(place) == "no" and sentence.low(place + 1) == "longer":
        verb = place + 2
    while verb < len(parts) - 1 and sentence.low(verb) in _ADVERBS and parts[verb + 1].before == " ":
        verb += 1
    if sentence.low(place) == "not":
        is_fan = sentence.low(place + 1) == "a" and "fan" in (sentence.low(place + 2), sentence.low(place + 3))
        return Missing(place, place, "is") if is_fan or sentence.low(place + 1) in _NOT else None
    added = _auxiliary(sentence, verb, verb > place)
    return None if added is None else Missing(place, verb, added)


def _auxiliary(sentence: Sentence, verb: int, has_adverb: bool) -> str | None:
    """What is added before the verb (empty: nothing), None where it is none of the speaker's."""
    low, gap = sentence.low(verb), sentence.gap(verb)
    follows = sentence.low(verb + 1) if gap == " " else ""
    if not low or follows in _PRONOUNS or (verb + 1 < len(sentence.parts) and gap[:1] in (":", "/", "-", "'")):
        return None
    if low == "been":
        return "has"
    if low in STATES:
        if follows in _PREPOSITIONS or verb + 1 == len(sentence.parts):
            return STATES[low]
    elif low in _MODALS:
        is_own = follows in (BASES - {"do"} if low not in _SUBJECTIVE else BASES - {"be", "like", "do"})
        return "" if is_own or follows in _ADVERBS else None
    elif low == "did" or low == "had":
        return "" if follows and (low == "had" or follows in _OBJECTS) else None
    elif low in ("don't", "dont"):
        return "" if follows in _STATIVE or follows in _ADVERBS else None
    elif low in ("haven't", "havent", "hadn't", "hadnt", "didn't", "didnt"):
        return ""
    elif low == "am" or (low in ("was", "wasn't") and follows in ("in", "at", "born", "ill", "sick")):
        return "" if follows else None
    elif low in _STATIVE:
        return "" if follows and _is_stative(sentence, verb, follows, has_adverb) else None
    elif low in _CONTINUOUS:
        return "is" if follows in _OBJECTS and not _has_other_verb(sentence, verb) else None
    if low in _STARTS - words("no_report") and low != "was" and follows not in _BE and follows not in THIRDS:
        is_free = low not in words("adjective_pasts") or follows in _OBJECTS
        return "" if is_free or (follows and sentence.parts[verb + 1].text[:1].isupper()) else None
    return None


def _is_stative(sentence: Sentence, verb: int, follows: str, has_adverb: bool) -> bool:
    """`Love sushi`, not `Love is ..`, `Have a nice day`, `Live music`, `Miss Smith`."""
    low = sentence.low(verb)
    if follows in _BE or follows in THIRDS:
        return False
    if low in ("live", "work", "suffer"):
        return follows in _PREPOSITIONS and not _has_other_verb(sentence, verb)
    if low in ("own", "have"):
        is_wish = follows == "a" and sentence.low(verb + 2) in words("wished")
        return not is_wish and (low == "have" or follows in _OBJECTS)
    if low == "like":
        is_simile = follows in _PREPOSITIONS or follows in ("a", "an")
        return not is_simile and not any("," in part.before for part in sentence.parts[verb:])
    if low == "miss":
        return not sentence.parts[verb + 1].text[:1].isupper()
    if low in ("love", "hate", "want", "need", "prefer", "enjoy", "know", "adore", "dislike", "despise"):
        return True
    return has_adverb


def _has_other_verb(sentence: Sentence, place: int) -> bool:
    """Whether the clause goes on with a verb of something else: `Learning Greek is hard`."""
    for part in sentence.parts[place + 1 :]:
        if "," in part.before or ";" in part.before:
            return False
        if part.low in _BE:
            return True
    return False
