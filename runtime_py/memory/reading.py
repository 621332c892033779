"""What a question reads: the raw turns that fit it best and what they do not tell of the memories, or memories alone.

A turn's score is that of its words and meaning (`runtime_py.retrieval.search` has the formula), and `PERSON` more where
a person said it: an assistant without a name mostly repeats. A question about how things are does not read the
sentences whose memory has ended, or says it in other words since somebody corrected it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from runtime_py.memory.outcome import Answer, Recalled, RecalledTurn
from runtime_py.memory.rules import content_words, named, third_person, told_of, without_notes
from runtime_py.memory.rules.english import stem
from runtime_py.operations.generate import DatedMemory, GenerateInput, is_refusal
from runtime_py.operations.select import NAMELESS
from runtime_py.store import StoredMemory, Turn
from runtime_py.text import annotate
from runtime_py.text.sentences import sentences

Reads = Literal["both", "turns", "memories"]
"""What is read: turns as they stand today and what only memories tell, turns as they were said, or memories alone."""
PERSON = 0.1
TOLD = 0.8  # of a sentence's words, in the memory that was taken from it
_SELF = frozenset(["i", "i'm", "i've", "me", "we", "we're", "we've", "us", "mine", "ours"])
LIKELY = 0.45  # of a turn that is shown beside a refusal
_FIRST_PERSON = re.compile(r"\b(?:I|me|my|mine|myself|we|us|our|ours)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """What was found for a question, best first."""

    memories: tuple[Recalled, ...] = ()
    turns: tuple[RecalledTurn, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.memories or self.turns)

    def shorter(self) -> "Reading":
        """Without the worst: of the turns, or where there are none of the memories."""
        return Reading(self.memories, self.turns[:-1]) if self.turns else Reading(self.memories[:-1])

    def first(self, limit: int) -> "Reading":
        """The best `limit` of all; memories of no turn are at most half of them."""
        own = self.memories[: limit // 2]
        return Reading(own, self.turns[: limit - len(own)])

    def without_ended(
        self, taken: Mapping[int, Sequence[StoredMemory]], before: Mapping[int, Sequence[str]]
    ) -> "Reading":
        """The turns as they stand today: `taken` are the memories that were taken from each, by its id.

        `before` is what a memory said earlier, by its id.
        """
        turns = [(found, standing(found.turn, taken.get(found.turn.id, ()), before)) for found in self.turns]
        return Reading(self.memories, tuple(replace(found, turn=turn) for found, turn in turns if turn is not None))

    def asked(self, question: str, asker: str) -> GenerateInput:
        """`generate`'s input: turns in the order they were said, behind memories of no turn."""
        told = [DatedMemory(found.memory.text, found.memory.day) for found in self.memories]
        turns = sorted((found.turn for found in self.turns), key=lambda turn: turn.id)
        told += [DatedMemory(turn.text, turn.day, turn.speaker or NAMELESS[turn.role]) for turn in turns]
        return GenerateInput(question, tuple(told), asker)


class Attribution:
    """Which words of a reading tell of those that `question` is about (`rules.told_of` says who they are)."""

    def __init__(self, reading: Reading, question: str, asker: str, speakers: Collection[str]) -> None:
        turns = [found.turn for found in reading.turns]
        told = [told_of(turn.text, turn.speaker, question, asker, speakers) for turn in turns]
        self._is_partial = told != [turn.text for turn in turns]
        self._asked = self._said = self._told = frozenset[str]()
        if self._is_partial:
            self._asked = words_of(question)
            self._said = words_of(" ".join(annotate(turn.text, turn.day) for turn in turns))
            dated = [annotate(text, turn.day) for text, turn in zip(told, turns, strict=True)]
            self._told = words_of(" ".join([*dated, *(found.memory.text for found in reading.memories)]))

    def is_open(self, begun: str) -> bool:
        """Whether an answer that begins so, its last word perhaps torn, may yet turn out to be of others."""
        return self._is_partial and not (words_of(begun.rpartition(" ")[0]) - self._asked) & self._told

    def is_of_others(self, answer: str) -> bool:
        """Whether an answer's words, but for the question's, were said, and all by others of themselves."""
        words = words_of(answer) - self._asked
        return bool(words & self._said) and not words & self._told


def standing(turn: Turn, taken: Sequence[StoredMemory], before: Mapping[int, Sequence[str]]) -> Turn | None:
    """The turn without the sentences that no live one of the memories `taken` from it tells any more; None without any.

    Past ones told them, or live ones in the words that they had `before`, by a memory's id. A correction may be one
    word, so what is like it does not hold the sentence, but only what has all its words.
    """
    live = {part for memory in taken if memory.state == "live" for part in sentences(memory.text)}
    past = {part for memory in taken if memory.state == "past" for part in sentences(memory.text)}
    old = {part for memory in taken for text in before.get(memory.id, ()) for part in sentences(text)}
    held, ended, corrected = ([words_of(part) for part in parts] for parts in (live, past - live, old - live))

    def is_gone(words: frozenset[str]) -> bool:
        if _is_told(words, corrected) and not any(words <= told for told in held):
            return True
        return _is_told(words, ended) and not _is_told(words, held)

    said = sentences(turn.text) if ended or corrected else []
    kept = [part for part in said if not is_gone(words_of(part))]
    if len(kept) == len(said):
        return turn
    return replace(turn, text=" ".join(kept)) if kept else None


def join(
    turns: Sequence[tuple[Turn, float]],
    memories: Sequence[Recalled],
    behind: Mapping[int, Sequence[Turn]],
    before: Mapping[int, Sequence[str]],
) -> Reading:
    """The turns that were found, and the memories that none of the turns `behind` them (by a memory's id) tells.

    Those were edited, or added by hand; what they said `before`, in the words of their turns, tells them no more. The
    others find no turns: docs/decisions.md has what that was worth.
    """

    def is_own(memory: StoredMemory) -> bool:
        turns = [standing(turn, [memory], before) for turn in behind.get(memory.id, ())]
        return not _is_told_by(memory.text, [turn for turn in turns if turn is not None])

    own = [found for found in memories if is_own(found.memory)]
    ranked = [RecalledTurn(turn, score + PERSON * _is_person(turn)) for turn, score in turns]
    ranked.sort(key=lambda found: (-found.score, found.turn.id))
    return Reading(tuple(own), tuple(ranked))


def says_too(turn: Turn, memory: str) -> bool:
    """Whether a turn holds every word of a memory but its noted dates: what is said again is behind no memory."""
    words = words_of(without_notes(memory))
    said = words_of(f"{turn.speaker} {turn.text}") | words_of(third_person(turn.text, turn.speaker))  # `my`, `Ann's`
    return bool(words) and words <= said


def asker_of(question: str, speakers: Collection[str], owner: str) -> str:
    """Who asks: `owner` in the first person, `Me` in a conversation whose user has no name, else nobody."""
    if owner in ("", NAMELESS["user"]):
        return NAMELESS["user"] if set(speakers) <= {""} else ""
    return owner if _FIRST_PERSON.search(question) else ""


def may_answer(memory: str, question: str, speakers: Collection[str]) -> bool:
    """False for a memory that names speakers, where the question names others and none of them.

    Most wrong answers of a small model are the same fact about the other person (`docs/decisions.md`). Every memory
    may answer a question that names no speaker.
    """
    asked, told = named(question, speakers), named(memory, speakers)
    return not asked or not told or bool(asked & told)


def conclude(text: str, reading: Reading) -> Answer:
    """The answer `text` with what was read, what of it holds the answer's words, and the turn beside a refusal."""
    if is_refusal(text):
        likely = next((found for found in reading.turns[:1] if found.score >= LIKELY), None)
        return Answer(text, reading.memories, reading.turns, (), likely)
    words = content_words(text)
    used = tuple(found for found in reading.turns if words and words & content_words(found.turn.text))
    return Answer(text, reading.memories, reading.turns, used)


def _is_told_by(memory: str, turns: Sequence[Turn]) -> bool:
    """Whether a turn shares at least half of a memory's words."""
    words = content_words(memory)
    return any(2 * len(words & content_words(f"{turn.speaker} {turn.text}")) >= len(words) for turn in turns)


def words_of(sentence: str) -> frozenset[str]:
    """The stems of a sentence's content words, without those for the speaker himself."""
    return frozenset(stem(word) for word in content_words(sentence) - _SELF)


def _is_told(words: frozenset[str], by: Sequence[frozenset[str]]) -> bool:
    return bool(words) and any(len(words & told) >= TOLD * len(words) for told in by)


def _is_person(turn: Turn) -> bool:
    return turn.role == "user" or bool(turn.speaker)
