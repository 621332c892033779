"""Who is named in a text: names as whole words, and words that are also names only where they stand as one."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Literal

from runtime_py.memory.rules.acts import is_question
from runtime_py.text.sentences import sentences

PRONOUNS = frozenset(
    ["i", "me", "you", "we", "us", "he", "him", "she", "her", "it", "they", "them", "user", "assistant"]
)
"""Words that name nobody even as a speaker's label."""
_MONTHS = "january february march april may june july august september october november december"
_WORDS = (
    "will mark hope art rose bill grace joy faith dawn summer autumn jack rob pat sue drew chase chance guy ray "
    "penny olive ivy daisy lily ruby sky hunter miles max frank grant lance victor nick rich gene jay robin wade "
    "reed stone angel star so an ken dick don ward dean duke earl king prince page rusty sandy sunny happy lucky "
    "heather holly iris violet ginger honey candy crystal amber pearl jade jean gay merry carol melody harmony "
    "patience prudence charity christian norm cliff dale glen brook river rain storm buck bob bud chip cash curt "
    "buddy major mason baker cook smith young long short brown green white black gray hill wood wells rivers "
    "banks sage basil rosemary china paris sydney florence austin dallas india jordan chad israel georgia "
    "savannah virginia carolina trace tab van ty see can do go"
)
COMMON_WORDS = frozenset(f"{_MONTHS} {_WORDS}".split())
_AFTER = re.compile(
    r"(?:'s\b|\u2019s\b| (?:is|was|has|had|and|said|told|went|got|did|does|will|would|can|could|[a-z]+(?:s|ed))\b)"
)
_BEFORE_MONTH = re.compile(
    r"(?:\b(?:in|last|next|this|since|until|till|by|early|late|mid|of|during|from|before|after|every|[0-9]+(?:st|nd|rd|th)?)"
    r"|[0-9])[ -]$",
    re.IGNORECASE,
)
_REACH = 60  # letters beside a name that are looked at
_FIRST_PERSON = re.compile(r"\b(?:I|me|my|mine|myself)\b")
_OF_SELF = re.compile(_FIRST_PERSON.pattern, re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:you|your|yours|congrat(?:ulation)?s|well done|good luck)\b", re.IGNORECASE)
_GREETINGS = (
    "hey|hi|hello|dear|thanks|thank you|cheers|bye|good morning|good evening|good night|wow|oh|ah|aww?|yeah|yes|yep|no|"
    "nope|sure|great|nice|cool|awesome|congrats|congratulations|well|so|ok|okay|sorry|please|right|and|but"
)
_FIRST = re.compile(r"(?:^|[.!?:;\n\"\u201c] ?)$")


def named(text: str, speakers: Collection[str]) -> frozenset[str]:
    """The speakers whose name stands in `text`.

    A name that is no English word is found in any case; one that is (`Will`, `May`) only with its capital letter, not
    as the first word of a sentence unless a verb or `'s` follows it, and a month's not beside a day or after `in`.
    A pronoun as a speaker's label names nobody.
    """
    text = unicodedata.normalize("NFC", text)
    names = {speaker: unicodedata.normalize("NFC", speaker).strip() for speaker in speakers}
    return frozenset(speaker for speaker, name in names.items() if name and _is_named(name, text))


def _is_named(name: str, text: str) -> bool:
    if name.lower() in PRONOUNS:
        return False
    word = name.lower() in COMMON_WORDS
    flags = re.NOFLAG if word else re.IGNORECASE
    places = re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, flags)
    return any(not word or _stands_as_name(name, text, match.start(), match.end()) for match in places)


def _stands_as_name(name: str, text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    if name.lower() in _MONTHS.split() and (_BEFORE_MONTH.search(before) or re.match(r",? [0-9]", after)):
        return False
    return bool(_AFTER.match(after)) if _FIRST.search(before) else name[:1].isupper()


def told_of(text: str, speaker: str, question: str, asker: str, speakers: Collection[str]) -> str:
    """The sentences of `text`, said by `speaker`, that may tell something of those that `question` is about.

    Those are the speakers it names, and its `asker` where it is in the first person. Another one speaks of them where a
    sentence names one of them or says `you`, and so on until one in the first person; to call somebody by his name
    (`Hi Tom, I ..`) tells nothing of him. Whoever has no name may always, and so may everybody where no speaker is
    asked about.
    """
    asked = named(question, speakers) | (
        frozenset([asker]) & set(speakers) if _FIRST_PERSON.search(question) else set()
    )
    if not asked or not speaker or speaker in asked:
        return text
    return " ".join(sentence for sentence, whose in _tellings(text, asked, speakers) if whose == "theirs")


def told_of_self(text: str, speaker: str, question: str, speakers: Collection[str]) -> str:
    """The sentences of `text` in which `speaker`, not named by `question`, tells of himself: no questions."""
    asked = named(question, speakers)
    if not asked or not speaker or speaker in asked:
        return ""
    own = [sentence for sentence, whose in _tellings(text, asked, speakers) if whose == "own"]
    return " ".join(sentence for sentence in own if not is_question(sentence))


def without_names(text: str, speakers: Collection[str]) -> str:
    """`text` without the speakers that it names, and without their `'s`."""
    for name in sorted(named(text, speakers), key=lambda name: (-len(name), name)):
        flags = re.NOFLAG if name.lower() in COMMON_WORDS else re.IGNORECASE
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?:['\u2019]s)?(?![\w-])", "", text, flags=flags)
    return " ".join(text.split())


def _tellings(
    text: str, asked: Collection[str], speakers: Collection[str]
) -> Iterator[tuple[str, Literal["theirs", "own", ""]]]:
    """Each sentence of another one's text, and of whom it tells: of those asked about, of himself, of nobody yet."""
    whose: Literal["theirs", "own", ""] = ""
    for sentence in sentences(text):
        told = _uncalled(sentence, speakers)
        if named(told, speakers) & frozenset(asked) or _ADDRESS.search(told):
            whose = "theirs"
        elif _OF_SELF.search(told):
            whose = "own"
        yield sentence, whose


def _uncalled(sentence: str, speakers: Collection[str]) -> str:
    """A sentence without the names by which it calls speakers: `Hi Tom! ..`, `.., Tom?`"""
    for name in filter(None, (unicodedata.normalize("NFC", speaker).strip() for speaker in speakers)):
        called = rf"^(?:(?:{_GREETINGS})[ ,!]+)*{re.escape(name)}(?=[,.!?])|, ?{re.escape(name)}(?=[,.!?])"
        sentence = re.sub(called, "", sentence, flags=re.IGNORECASE)
    return sentence
