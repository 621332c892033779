"""Sentences of a diary that leave out their subject: `Bought a piano`, `Can't stand coriander`, `Allergic to nuts`."""

from collections.abc import Sequence

from runtime_py.memory.rules.tokens import Token, is_verb
from runtime_py.memory.rules.words import BASES, PASTS, STATES, THIRDS, words

_ADVERBS = words("adverbs") | frozenset(["just", "finally", "recently", "currently", "actually", "officially"])
_MODALS = words("modals")
_OBJECTS = words("determiners") | words("prepositions")
_PREPOSITIONS = words("prepositions")
_PRONOUNS = words("not_before_subject")
_BE = words("clause_verbs")
_STARTS = (PASTS - words("same") - words("participles") - {"were", "being"}) | words("same_pasts")
_CONTINUOUS = words("continuous_starts")
_STATIVE = words("stative")
_NOT = words("after_not")


def missing_subject(parts: Sequence[Token]) -> tuple[int, int, str] | None:
    """Where the subject is missing: the place before which it belongs, the verb's, and an auxiliary to add.

    None where the sentence has a subject, is an order, or is no sentence.
    """
    place = 0
    while place < len(parts) - 1 and parts[place].low in words("openers"):
        place += 1
    verb = place
    while verb < len(parts) - 1 and parts[verb].low in _ADVERBS and parts[verb + 1].before == " ":
        verb += 1
    if verb >= len(parts) or parts[verb].is_shut:
        return None
    if parts[place].low == "no" and verb + 1 < len(parts):
        return None
    low = parts[verb].low
    added = _added(parts, verb, low, verb > place)
    if parts[place].low == "not":
        is_state = verb == place + 1 and parts[verb].low in _NOT
        return (place, place, "is") if is_state else None
    return None if added is None else (place, verb, added)


def _added(parts: Sequence[Token], verb: int, low: str, has_adverb: bool) -> str | None:
    """What is added before the verb (empty: nothing), None where it is none of the speaker's."""
    after = parts[verb + 1] if verb + 1 < len(parts) else None
    follows = after.low if after and after.before == " " else ""
    if follows in _PRONOUNS or (after and after.before != " " and low in _STARTS and after.before[:1] in ":/-"):
        return None
    if low == "been":
        return "has"
    if low in STATES and (follows in _PREPOSITIONS or after is None):
        return STATES[low]
    if low in _MODALS or low in ("don't", "dont", "do"):
        stative = follows in _STATIVE or follows in _ADVERBS
        return "" if (stative if low not in _MODALS else is_verb(follows) or follows == "be") else None
    if low in ("haven't", "havent", "hadn't", "hadnt", "didn't", "didnt", "couldn't"):
        return ""
    if low == "am" or (low in ("was", "wasn't") and follows in ("in", "at", "born", "ill", "sick")):
        return "" if follows else None
    if low in _STATIVE:
        return "" if _is_stative(parts, verb, low, after, follows, has_adverb) else None
    if low in _CONTINUOUS:
        clause = _clause(parts, verb)
        return "is" if follows in _OBJECTS and not any(part.low in _BE for part in clause) else None
    if low in _STARTS and low != "was":
        if follows in _BE or follows in THIRDS:
            return None
        is_free = low not in words("adjective_pasts") or follows in _OBJECTS
        return "" if is_free or (after is not None and after.text[:1].isupper()) else None
    return None


def _is_stative(
    parts: Sequence[Token], verb: int, low: str, after: Token | None, follows: str, has_adverb: bool
) -> bool:
    """`Love sushi`, not `Love is ..`, `Have a nice day`, `Live music`, `Miss Smith`."""
    if not follows or follows in _BE or follows in THIRDS or after is None:
        return False
    if low in ("live", "work", "suffer"):
        return follows in _PREPOSITIONS and not any(part.low in _BE for part in _clause(parts, verb))
    if low in ("own", "have"):
        third_word = parts[verb + 2].low if verb + 2 < len(parts) else ""
        is_wish = follows == "a" and third_word in ("nice", "good", "great", "lovely", "safe", "look", "think", "go")
        return not is_wish and (low == "have" or follows in _OBJECTS)
    if low == "like":
        return not any("," in part.before for part in parts[verb:])
    if low == "miss":
        return not after.text[:1].isupper()
    if low in ("love", "hate", "want", "need", "prefer", "enjoy", "know", "adore", "dislike", "despise"):
        return True
    return has_adverb and low in BASES


def _clause(parts: Sequence[Token], place: int) -> list[Token]:
    found: list[Token] = []
    for part in parts[place + 1 :]:
        if "," in part.before or ";" in part.before:
            break
        found.append(part)
    return found
