"""Whether a statement ends what a memory claims: sold, left, cancelled, stopped, no longer, instead of."""

import re
from dataclasses import dataclass

from runtime_py.memory.rules.claims import OBJECT_END, TABLE, Claim, content_of
from runtime_py.memory.rules.english import stem

_OBJECT = rf"(?: (?:to|at|in|for|on|with|from))?(?P<object>(?: [^\s,;.(!]+){{1,5}}?){OBJECT_END}"
_PLANNED = re.compile(rf"\b(?:{TABLE['planned']})\b")
_GONE = re.compile(
    rf"{TABLE['gone']}(?=$|[,;.!]| (?:because|and|so|but|since|on|in|at|by|from|for|yesterday|last|\[))", re.IGNORECASE
)
_REFERENCE = re.compile(
    rf"\b(?:{TABLE['references']})(?: (?:in|on|at|a|an|the|with|by))?(?P<object>(?: [^\s,;.(]+){{1,5}})", re.IGNORECASE
)


@dataclass(frozen=True)
class _Ending:
    """Verbs that end claims of some verbs (none: of all), said of the claim's subject itself or of its owner too."""

    pattern: re.Pattern[str]
    of: frozenset[str]
    is_of_owner: bool = False


def _ending(verbs: str, of: str = "", is_of_owner: bool = False) -> _Ending:
    start = r"(?:^|,? and |,? then |,? but |, )(?:[a-z]+ly |just |finally |has |now )?"
    pattern = re.compile(rf"{start}(?P<verb>{TABLE[verbs]}){_OBJECT}", re.IGNORECASE)
    ended = frozenset(stem(word) for word in TABLE[of].split()) if of else frozenset()
    return _Ending(pattern, ended, is_of_owner)


_JOB_WORD = re.compile(r" (?:job|work|position|post)$")
_OWN = _ending("own_ends", "owned", is_of_owner=True)
_JOB = _ending("job_ends", "jobs")
_LOVE = _ending("love_ends", "loved")
_PLAN = _ending("plan_ends", is_of_owner=True)
_HABIT = _ending("habit_ends")


def ends(old: Claim, text: str, new: Claim) -> bool:
    """Whether `new` ends `old`, whose memory is `text`."""
    if _is_gone(old, new):
        return True
    if old.is_negated or not old.is_told_by(new):
        return False
    is_standing = not old.is_past or old.verb in ("buy", "join", "start", "sign", "begin")
    return is_standing and any(_is_ended(ending, old, text, new) for ending in (_OWN, _JOB, _LOVE, _PLAN, _HABIT))


def _is_ended(ending: _Ending, old: Claim, text: str, new: Claim) -> bool:
    if not ending.is_of_owner and not old.is_of(new) and "favourite" not in old.subject:
        return False
    for match in ending.pattern.finditer(new.predicate):
        if ending.of and old.verb not in ending.of and not (ending is _OWN and len(old.subject) > 1):
            continue
        if ending is _PLAN and not old.kind("d") and not _PLANNED.search(text):
            continue
        words, names, values = content_of(f"a{match['object']}")
        if not values <= old.values:
            continue
        if ending is _JOB and _JOB_WORD.search(match["object"]):
            return old.verb == "work" and (not new.names or not old.names.isdisjoint(new.names))
        verbs = {stem(word) for word in match["verb"].lower().split()}
        is_negation = ending is _HABIT and re.search(r"longer|n't| not", match["verb"])
        if is_negation and not verbs & (old.verbs | {old.verb}) and "favourite" not in old.subject:
            continue
        named = words | names
        told = named & (old.content | frozenset(stem(word) for word in old.subject) | old.verbs)
        if told - {"user"} and len(told) >= 0.6 * len(named):
            return True
    return False


def _is_gone(old: Claim, new: Claim) -> bool:
    """`The Fabia fell through`: what is gone is what the old claim is about."""
    if old.is_past or not _GONE.match(new.predicate) or old.verb in ("nam", "cal"):
        return False
    gone = frozenset(stem(word) for word in new.subject) - {"user"}
    if re.match(r".{0,12}(?:died|passed away|off)\b", new.predicate):
        return old.is_of(new)
    return bool(gone) and gone <= old.whole


def is_referred_to(old: Claim, new: Claim) -> bool:
    """`on 10 May instead of 12 April`: a value of the old claim, and a word more of it."""
    if old.is_past or old.is_negated or not old.is_of(new):
        return False
    for match in _REFERENCE.finditer(new.predicate):
        values = content_of(match["object"])[2]
        if values and values <= old.values and old.content & new.content:
            return True
    return False
