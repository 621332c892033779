"""A sentence somebody said about himself, told of him: `I moved` -> `Tom moved`, `my cat` -> `Tom's cat`."""

from runtime_py.memory.rules.names import PRONOUNS
from runtime_py.memory.rules.subjectless import missing_subject
from runtime_py.memory.rules.tokens import Token, is_verb, tokens
from runtime_py.memory.rules.words import BASES, PASTS, THIRDS, third, words

_ADVERBS = words("adverbs")
_MODALS = words("modals")
_DETERMINERS = words("determiners")
_VERBAL = words("verbal")
_SUBJECTS = words("subjects")
_NUMERALS = words("numerals")
_AUXILIARY = {"am": "is", "have": "has", "haven't": "hasn't", "havent": "hasn't", "do": "does", "don't": "doesn't"}
_AUXILIARY["dont"] = "doesn't"
_CONTRACTED = {"i'm": "is", "im": "is", "i've": "has", "ive": "has", "i'll": "will", "i'd": "would"}
_WE = {"we": "", "we're": " are", "we've": " have", "we'll": " will", "we'd": " would"}
_OTHERS_VERBS = words("others_verbs") | {form for form in THIRDS if form in {third(base) for base in _VERBAL & BASES}}
_SUBORDINATE = words("subordinate")
_MOTION = words("motion")
_BESIDE = frozenset("-/)&@#+_")
_PLACES = frozenset(["work", "bed", "school"])


def third_person(text: str, speaker: str) -> str:
    """`text` with its first person replaced by `speaker` (empty or a pronoun: the user), its other words kept.

    Present verbs of `I` get their ending where they are in the table of verbs; a sentence that begins with a verb of
    the speaker gets its subject. Quotations, links and addresses are left alone.
    """
    label = speaker.strip()
    name = "the user" if not label or label.lower() in PRONOUNS - {"assistant"} else label
    parts, tail = tokens(text)
    start = 0
    for place in range(1, len(parts) + 1):
        if place == len(parts) or parts[place].is_first:
            end = parts[place].before if place < len(parts) else tail
            _Sentence(parts[start:place], end, name).rewrite()
            start = place
    return "".join(part.before + part.out for part in parts) + tail


class _Sentence:
    """One sentence while it is rewritten; `verb` tells what the last verb of `I` was: present, past, bare or empty."""

    def __init__(self, parts: list[Token], tail: str, name: str) -> None:
        self.parts = parts
        self.tail = tail
        self.name = name
        self.verb = ""
        self.is_infinitive = False
        self.has_we = False

    def rewrite(self) -> None:
        skipped = -1
        if not self.tail.lstrip("\"')").startswith("?") and (found := missing_subject(self.parts)):
            self._insert(*found)
            skipped = found[1]
        for place, part in enumerate(self.parts):
            if part.is_shut or place <= skipped:
                continue
            if part.low in _CONTRACTED or part.low == "i" or self._is_typed_short(place):
                if self._is_pronoun(place):
                    self._subject(place)
            elif part.low in ("my", "our", "mine", "ours", "me", "myself"):
                self._possessive(place)
            elif part.low in _WE and not self.has_we and not self._is_title(place):
                self._we(place)
            elif part.out == part.text:
                self._follow(place)

    def _insert(self, place: int, verb: int, added: str) -> None:
        """The subject before `place`, `added` (is, has, was) before the verb, which else is inflected."""
        first, token = self.parts[place], self.parts[verb]
        if place == 0:
            first.out = first.text[:1].lower() + first.text[1:]
        if added:
            token.out = f"{added} {token.out}"
            self.verb = "present"
        else:
            self._inflect(verb)
        first.out = f"{self._named(place)} {first.out}"

    def _named(self, place: int) -> str:
        return self.name[:1].upper() + self.name[1:] if self.parts[place].is_first else self.name

    def _next(self, place: int) -> str:
        after = self.parts[place + 1] if place + 1 < len(self.parts) else None
        return after.low if after and not after.is_shut and after.before in (" ", ", ") else ""

    def _gap(self, place: int) -> str:
        return self.parts[place + 1].before if place + 1 < len(self.parts) else self.tail

    def _is_typed_short(self, place: int) -> bool:
        """`ill` and `id` for `I'll` and `I'd`: at the beginning, before a verb."""
        part, after = self.parts[place], self._next(place)
        if part.low == "ill":
            return part.is_first and (after in BASES or after in _ADVERBS or after == "be")
        return part.low == "id" and after in ("like", "love", "rather", "prefer", "say")

    def _is_title(self, place: int) -> bool:
        """A capital letter inside the sentence, before another: `My Fair Lady`."""
        part = self.parts[place]
        after = self.parts[place + 1].text if place + 1 < len(self.parts) else "A"
        return not part.is_first and part.before == " " and part.text[:1].isupper() and after[:1].isupper()

    def _is_pronoun(self, place: int) -> bool:
        part, gap = self.parts[place], self._gap(place)
        if part.low != "i":
            return True
        if part.before[-1:] in _BESIDE or gap[:1] in _BESIDE:
            return False
        if gap.startswith(".") and (part.is_first or gap[1:2] not in ("", " ", "\n") or self._before(place, 1) == ""):
            return False
        if part.is_first and gap.startswith(", ") and place + 1 < len(self.parts):
            return not self.parts[place + 1].text[:1].isupper()
        if self._before(place, 1) == "war" and self._before(place, 2) == "world":
            return False
        return self._before(place, 1) not in _NUMERALS or is_verb(self._next(place))

    def _before(self, place: int, steps: int) -> str:
        """The word `steps` before, in small letters; empty where there is none or it is an initial."""
        low = self.parts[place - steps].low if place >= steps else ""
        return low if len(low) > 1 or low in ("a", "i") else ""

    def _subject(self, place: int) -> None:
        part = self.parts[place]
        short = {"ill": "i'll", "id": "i'd"}.get(part.low, part.low)
        plural = self._is_one_of_two(place)
        part.out = self._named(place)
        self.is_infinitive = False
        before = self._before(place, 1)
        if short in _CONTRACTED:
            added = _CONTRACTED[short]
            if short == "i'd" and self._is_participle(place):
                added = "had"
            part.out += f" {added}"
            self.verb = "present" if added in ("is", "has") else "bare"
        elif part.before == " " and (before in _AUXILIARY or before in _MODALS or before in ("did", "didn't")):
            if self._before(place, 2) not in _SUBJECTS | {"i", "to"}:  # do I -> does Tom
                self._change(place - 1, _AUXILIARY.get(before, before))
                self.verb = "bare"
        elif plural:
            self.verb = ""
        else:
            self._inflect(self._after_adverbs(place + 1))

    def _after_adverbs(self, place: int) -> int:
        while place < len(self.parts) and (self.parts[place].low in _ADVERBS or self.parts[place].low.endswith("ly")):
            place += 1
        return place

    def _is_participle(self, place: int) -> bool:
        after = self._after_adverbs(place + 1)
        low = self.parts[after].low if after < len(self.parts) else ""
        return low == "better" or (low in PASTS and low not in BASES and low not in words("same"))

    def _is_one_of_two(self, place: int) -> bool:
        """`My wife and I`: a name or a noun with its article, and no verb before it in the clause."""
        if self._before(place, 1) != "and":
            return False
        first = place - 1
        while first > 0 and place - first < 6 and self.parts[first].before == " " and not self.parts[first].is_first:
            first -= 1
        before = self.parts[first : place - 1]
        opens = before and (before[0].low in _DETERMINERS or before[0].text[:1].isupper() or before[0].low == "both")
        return bool(opens) and not any(is_verb(part.low) for part in before)

    def _change(self, place: int, word: str) -> None:
        part = self.parts[place]
        word = word.replace("'", "\u2019") if "\u2019" in part.text else word
        part.out = word[:1].upper() + word[1:] if part.text[:1].isupper() else word

    def _inflect(self, place: int) -> None:
        """The verb at `place` as one of the speaker's: with its ending where it is a present of the table."""
        low = self.parts[place].low if place < len(self.parts) else ""
        self.verb = "past" if low in PASTS or low in ("was", "were", "had", "did") else ""
        if low in _AUXILIARY:
            self._change(place, _AUXILIARY[low])
            self.verb = "bare" if low in ("do", "don't", "dont") else "present"
        elif low in _MODALS or low in ("didn't", "didnt"):
            self.verb = "bare"
        elif low in BASES and not self.parts[place].is_shut:
            self._change(place, third(low))
            self.verb = "present"

    def _possessive(self, place: int) -> None:
        part = self.parts[place]
        before = self._before(place, 1)
        if self._is_title(place) or part.text in ("ME", "MINE") or before == "oh":
            return
        if part.low == "mine" and before in ("a", "the", "coal", "gold", "salt", "silver", "tin", "copper", "land"):
            return
        part.out = self._named(place) + ("'s" if part.low != "me" else "")
        if part.low == "myself":
            part.out = "themself"

    def _we(self, place: int) -> None:
        part = self.parts[place]
        added = _WE[part.low]
        if part.low == "we'd" and self._is_participle(place):
            added = " had"
        part.out = f"{'We' if part.is_first else 'we'} ({self.name}){added}"
        self.has_we = True
        self.verb = ""

    def _follow(self, place: int) -> None:
        """A later word: a verb of the same subject (`and work at`) is inflected, another subject ends that."""
        low, after = self.parts[place].low, self._next(place)
        if low == "to" and after in BASES and not (after in _PLACES and self._before(place, 1) in _MOTION):
            self.is_infinitive = True
        elif low == "but":
            self.is_infinitive = False
            self.verb = "present" if self.verb else ""
        elif low in _OTHERS_VERBS or (low in _SUBJECTS and (low in ("he", "she", "they", "who") or is_verb(after))):
            self.verb = ""
        elif (low in BASES or low in _AUXILIARY) and self._is_joined(place) and self._is_surely_verb(place):
            self._inflect(place)

    def _is_joined(self, place: int) -> bool:
        if self.verb not in ("present", "past") or self.is_infinitive:
            return False
        while place > 0 and self.parts[place - 1].low in _ADVERBS and self.parts[place].before == " ":
            place -= 1
        comma = self.parts[place].before == ", " and self.verb == "present"
        if comma:
            comma = not any(part.low in _SUBORDINATE for part in self.parts[:place])
        return comma or self._before(place, 1) in ("and", "but", "or")

    def _is_surely_verb(self, place: int) -> bool:
        low, after = self.parts[place].low, self._next(place)
        if not after or (is_verb(after) and after not in _ADVERBS and after not in ("to", "like")):
            return False
        if low in ("work", "study", "train", "play", "volunteer"):
            return after in _DETERMINERS or after in words("prepositions") or after.endswith("-time")
        return low in _VERBAL or low in _AUXILIARY or (after in _DETERMINERS and self.verb == "present")
