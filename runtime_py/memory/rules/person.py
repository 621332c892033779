"""A sentence somebody said about himself, told of him: `I moved` -> `Tom moved`, `my cat` -> `Tom's cat`."""

from runtime_py.memory.rules.english import BASES, PASTS, Sentence, is_verb, third, token_sentences, tokens, words
from runtime_py.memory.rules.names import PRONOUNS
from runtime_py.memory.rules.pronouns import (
    has_participle,
    is_one_of_two,
    is_owned,
    is_pronoun,
    is_title,
    is_typed_short,
)
from runtime_py.memory.rules.subjectless import Missing, missing_subject

_ADVERBS = words("adverbs")
_MODALS = words("modals")
_OBJECTS = words("determiners")
_PREPOSITIONS = words("prepositions")
_VERBAL = words("verbal")
_SUBJECTS = words("subjects")
_HAVE_DO = {"am": "is", "have": "has", "haven't": "hasn't", "havent": "hasn't", "do": "does", "don't": "doesn't"}
_HAVE_DO["dont"] = "doesn't"
_I = {"i": "", "i'm": "is", "im": "is", "i've": "has", "ive": "has", "i'll": "will", "ill": "will"}
_I |= {"i'd": "would", "id": "would"}
_WE = {"we": "", "we're": " are", "we've": " have", "we'll": " will", "we'd": " would"}
_SUBORDINATE = words("subordinate")
_OWN = frozenset(["my", "our", "mine", "ours", "me", "myself"])
_FINITE = words("others_verbs") | _MODALS | words("auxiliaries")
_OTHERS_VERBS = words("others_verbs") | _MODALS | {third(base) for base in _VERBAL & BASES}


def third_person(text: str, speaker: str) -> str:
    """`text` with its first person replaced by `speaker` (empty or a pronoun: the user), its other words kept.

    Present verbs of `I` get their ending where they are in the table of verbs; a sentence that begins with a verb of
    the speaker gets its subject. Quotations, links and addresses are left alone.
    """
    label = speaker.strip()
    name = "the user" if not label or label.lower() in PRONOUNS - {"assistant"} else label
    parts, tail = tokens(text)
    for sentence in token_sentences(parts, tail):
        _Rewriting(sentence, name).run()
    return "".join(part.before + part.out for part in parts) + tail


class _Rewriting:
    """A sentence while it is rewritten; `verb` is what the last verb of `I` was: present, past, bare or empty."""

    def __init__(self, sentence: Sentence, name: str) -> None:
        self.sentence = sentence
        self.parts = sentence.parts
        self.name = name
        self.verb = ""
        self.is_infinitive = False
        self.is_subordinate = False
        self.has_we = False
        self.read = -1  # the last verb of `I` that was looked at

    def run(self) -> None:
        start = 0
        if missing := missing_subject(self.sentence):
            self._insert(missing)
            start = missing.verb + 1
        for place in range(start, len(self.parts)):
            part = self.parts[place]
            self.is_subordinate = self.is_subordinate or part.low in _SUBORDINATE
            if part.is_shut or part.out != part.text:
                continue
            if part.low in _I and (part.low not in ("ill", "id") or is_typed_short(self.sentence, place)):
                if is_pronoun(self.sentence, place):
                    self._subject(place)
            elif part.low in _OWN:
                if is_owned(self.sentence, place):
                    part.out = "themself" if part.low == "myself" else self._named(place)
                    part.out += "'s" if part.low not in ("me", "myself") else ""
            elif part.low in _WE and not self.has_we and not is_title(self.sentence, place):
                self._we(place)
            elif place > self.read:
                self._follow(place)

    def _insert(self, missing: Missing) -> None:
        first = self.parts[missing.place]
        if first.is_first:
            first.text = first.out = first.text if first.text.isupper() else first.text[:1].lower() + first.text[1:]
        if missing.auxiliary:
            first.out = f"{missing.auxiliary} {first.out}"
            self.verb = "present"
        else:
            self._inflect(missing.verb)
        first.out = f"{self._named(missing.place)} {first.out}"

    def _named(self, place: int) -> str:
        return self.name[:1].upper() + self.name[1:] if self.parts[place].is_first else self.name

    def _subject(self, place: int) -> None:
        part, before = self.parts[place], self.sentence.low(place - 1)
        added = _I[part.low]
        part.out = self._named(place)
        self.is_infinitive = False
        if added:
            added = "had" if added == "would" and has_participle(self.sentence, place) else added
            part.out += f" {added}"
            self.verb = "present" if added in ("is", "has") else "bare"
        elif part.before == " " and (before in _HAVE_DO or before in _MODALS or before in ("did", "was", "didn't")):
            if self.sentence.low(place - 2) not in _SUBJECTS | {"i", "to"}:  # do I -> does Tom
                self._change(place - 1, _HAVE_DO.get(before, before))
                self.verb = "bare"
        elif is_one_of_two(self.sentence, place):
            self.verb = ""
        else:
            self._inflect(self.sentence.past_adverbs(place + 1))

    def _change(self, place: int, word: str) -> None:
        part = self.parts[place]
        word = word.replace("'", "\u2019") if "\u2019" in part.text else word
        part.out = word[:1].upper() + word[1:] if part.text[:1].isupper() else word

    def _inflect(self, place: int) -> None:
        """The verb at `place` as one of the speaker's: with its ending where it is a present of the table."""
        low, self.read = self.sentence.low(place), place
        self.verb = "past" if low in PASTS or low.endswith("ed") else ""
        if low in _HAVE_DO:
            self._change(place, _HAVE_DO[low])
            self.verb = "bare" if low in ("do", "don't", "dont") else "present"
        elif low in _MODALS or low in ("didn't", "didnt"):
            self.verb = "bare"
        elif low in BASES:
            self._change(place, third(low))
            self.verb = "present"

    def _we(self, place: int) -> None:
        part = self.parts[place]
        added = " had" if part.low == "we'd" and has_participle(self.sentence, place) else _WE[part.low]
        part.out = f"{'We' if part.is_first else 'we'} ({self.name}){added}"
        self.has_we = True
        self.verb = ""

    def _follow(self, place: int) -> None:
        """A later word: a verb of the same subject (`and work at`) is inflected, another subject ends that."""
        low, after = self.parts[place].low, self.sentence.after(place)
        to_place = after in ("work", "bed", "school") and self.sentence.low(place - 1) in words("motion")
        if low == "to" and after in BASES and not to_place:
            self.is_infinitive = True
        elif low == "but":
            self.is_infinitive = False
            self.verb = "present" if self.verb else ""
        elif (
            self.parts[place].text in _OTHERS_VERBS
            or low in ("he", "she", "they", "who")
            or (low in _SUBJECTS and is_verb(after))
        ):
            self.verb = ""
        elif (low in BASES or low in _HAVE_DO) and self._is_joined(place) and self._is_surely_verb(place):
            self._inflect(place)

    def _is_joined(self, place: int) -> bool:
        """Whether a verb there follows `and`, `but`, `or` or a comma, and the speaker's verb before."""
        if self.verb not in ("present", "past") or self.is_infinitive:
            return False
        while place > 0 and self.sentence.low(place - 1) in _ADVERBS and self.parts[place].before == " ":
            place -= 1
        if self.parts[place].before == ", " and self.verb == "present":
            return not self.is_subordinate and self.parts[place].low != "like"
        return self.sentence.low(place - 1) in ("and", "but", "or")

    def _is_surely_verb(self, place: int) -> bool:
        """Whether a word there that is a noun too (`work`, `plant`) is a verb: by what follows it."""
        low, after = self.parts[place].low, self.sentence.after(place)
        if not after or after in _FINITE or (self.verb == "past" and low not in words("after_past")):
            return False
        if low in ("work", "study", "train", "play", "volunteer"):
            return after in _OBJECTS or after in _PREPOSITIONS or after.endswith("-time")
        return low in _VERBAL or low in _HAVE_DO or (after in _OBJECTS and self.verb == "present")
