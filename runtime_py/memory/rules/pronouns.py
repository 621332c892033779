"""Which words of a sentence are the first person's: `I` but not `World War I`, `my` but not `My Fair Lady`."""

from runtime_py.memory.rules.english import BASES, PASTS, THIRDS, Sentence, is_verb, words

_FINITE = (PASTS - words("same")) | THIRDS | words("modals") | words("auxiliaries")
_BESIDE = frozenset("-/)&@#+_")
_DETERMINERS = words("determiners")
_SUBJECTS = words("subjects") | {"i", "i'm", "i've"}
_NUMERALS = words("numerals")
_REGNAL = words("regnal")
_NOUN_MINE = words("before_noun_mine")


def is_pronoun(sentence: Sentence, place: int) -> bool:
    """Whether the `I` there is the speaker: no Roman numeral, letter of a list, initial or part of a name."""
    part, gap = sentence.parts[place], sentence.gap(place)
    before = sentence.low(place - 1) if part.before == " " else ""
    if part.low != "i":
        return True
    if part.before[-1:] in _BESIDE or gap[:1] in _BESIDE:
        return False
    if gap.startswith("."):
        is_initial = len(sentence.low(place - 1)) < 2
        return not (part.is_first or gap[1:2] not in ("", " ", "\n", ".") or is_initial) and before not in _NUMERALS
    if part.is_first and gap.startswith(", ") and place + 1 < len(sentence.parts):
        return not sentence.parts[place + 1].text[:1].isupper()
    if (before == "war" and sentence.low(place - 2) == "world") or (
        before in _REGNAL and sentence.parts[place - 1].text[:1].isupper()
    ):
        return False
    return before not in _NUMERALS or is_verb(sentence.after(place))


def is_typed_short(sentence: Sentence, place: int) -> bool:
    """`ill` and `id` for `I'll` and `I'd`: at the beginning, before a verb."""
    part, after = sentence.parts[place], sentence.after(place)
    if part.low == "ill":
        return part.is_first and (after == "be" or (after in BASES and after != "let") or after in ("never", "also"))
    return part.low == "id" and after in ("like", "love", "rather", "prefer", "say")


def is_owned(sentence: Sentence, place: int) -> bool:
    """Whether `my`, `me`, `mine` and the like there are the speaker's: no title, no gold mine, no `oh my`."""
    part, before = sentence.parts[place], sentence.low(place - 1)
    if is_title(sentence, place) or part.text in ("ME", "MINE") or (part.low == "my" and before == "oh"):
        return False
    return part.low != "mine" or before not in _NOUN_MINE


def is_title(sentence: Sentence, place: int) -> bool:
    """A capital letter inside the sentence, before another: `My Fair Lady`."""
    part = sentence.parts[place]
    after = sentence.parts[place + 1].text if place + 1 < len(sentence.parts) else "A"
    return not part.is_first and part.before == " " and part.text[:1].isupper() and after[:1].isupper()


def is_one_of_two(sentence: Sentence, place: int) -> bool:
    """`My wife and I`: a name or a noun with its article, and no verb before it in the clause."""
    if sentence.low(place - 1) != "and":
        return False
    parts, first = sentence.parts, place - 1
    while first > 0 and place - first < 6 and parts[first].before == " ":
        first -= 1
    before = parts[first : place - 1]
    opens = before and (before[0].low in _DETERMINERS or before[0].text[:1].isupper())
    verbs = [part.low for part, last in zip(before[1:], before, strict=False) if last.low not in _DETERMINERS]
    return bool(opens) and before[0].low not in _SUBJECTS and not any(low in BASES or low in _FINITE for low in verbs)


def has_participle(sentence: Sentence, place: int) -> bool:
    """Whether the `'d` there is `had`: a participle follows, or `better`."""
    low = sentence.low(sentence.past_adverbs(place + 1))
    return low == "better" or (low in PASTS and low not in BASES and low not in words("same"))
